// SPDX-License-Identifier: MIT
// What a Link needs of the Agent that owns it, and tells it. All of it outlives the link.
#pragma once

#include <string>
#include <string_view>

#include "jingle/base/env.h"
#include "jingle/security/identity.h"
#include "jingle/security/trust_store.h"
#include "jingle/session/iq_tracker.h"
#include "jingle/session/router.h"
#include "jingle/transport.h"
#include "plugin/host_events.h"
#include "plugin/server_port.h"
#include "plugin/settings.h"
#include "plugin/unconfirmed.h"
#include "transports/net/scheduler.h"

namespace balcony {

class Link;

class LinkOwner : public ServerSide {
 public:
  virtual Env& env() = 0;
  virtual Scheduler& scheduler() = 0;
  virtual Router& router() = 0;
  virtual const Settings& settings() const = 0;
  virtual const Identity& identity() const = 0;
  virtual const std::string& anchors() const = 0;  // PEM of the setting `ca`; may be empty
  virtual TrustStore& trust() = 0;
  virtual TransportFactory* factory(
      std::string_view name_or_ns) = 0;              // null: not built or not enabled
  virtual Reach reach_of(const Jid& jid) const = 0;  // what may be shown to it now

  virtual void tell(HostEvent event) = 0;
  virtual bool is_host_behind() const = 0;
  // Puts a question to the user, if there is room for it.
  virtual bool ask(TellAsk question) = 0;
  virtual void undelivered(const Link& link, const KeptStanza& stanza, bool unknown,
                           const std::string& reason) = 0;

  // Facts, told from inside the link's own turn: do not destroy it here.
  virtual void on_offer_ready(Link& link) = 0;  // R: proven where needed; decide_offer() is awaited
  virtual void on_offer_acknowledged(Link& link) = 0;  // I: the peer knows of our offer (JGL-15)
  virtual void on_lost_offer(Link& link) = 0;  // I: any of the peer's stands in for it; ends next
  virtual void on_alive(Link& link, bool alive) = 0;  // the answer to check_alive()
  virtual void on_open(Link& link) = 0;               // the host is told next
  virtual void on_received(Link& link, Element stanza) = 0;
  virtual void on_changed(Link& link) = 0;  // is_open() or is_writable() may have changed
  virtual void on_over(Link& link) = 0;     // no stream any more: nothing more can be sent
  virtual void on_dead(Link& link) = 0;     // nothing is left: bury it at the end of the turn

 protected:
  ~LinkOwner() = default;
};

}  // namespace balcony

// SPDX-License-Identifier: MIT
#include "transports/net/upnp_gateway.h"

#include <glib.h>
#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>
#include <pthread.h>
#include <signal.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace balcony {
namespace {

constexpr Duration kLookAgain = 1h;  // as for proxies (S5B-19)
constexpr int kSearchMs = 1000;      // UPnP's MX: how long answers may take
// All routers answer to it, those of its second version too.
constexpr const char* kRouter = "urn:schemas-upnp-org:device:InternetGatewayDevice:1";
constexpr const char* kLease = "3600";
constexpr std::size_t kMostJobs = 64;  // as many as there may be sessions (C-17)
constexpr std::chrono::seconds kFarewell{2};
// A search can't be broken off cheaply: a host that leaves right after its login waits for none.
constexpr std::chrono::milliseconds kBeforeSearch{500};

// While it lives, the thread may be broken off inside the library, which has no other way out. What
// the library holds then is lost: a socket and some memory, once, at the end.
class Breakable {
 public:
  Breakable() { pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, nullptr); }
  ~Breakable() { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr); }
};

// host of http://host:port/..., or nothing.
std::string host_of(const char* url) {
  std::string_view text = url ? url : "";
  constexpr std::string_view kScheme = "http://";
  if (text.substr(0, kScheme.size()) != kScheme) return {};
  text.remove_prefix(kScheme.size());
  return std::string(text.substr(0, text.find_first_of(":/")));
}

bool is_at_home(const UPNPDev& device) {
  auto ip = IpAddress::parse(host_of(device.descURL));
  return ip && ip->is_v4() && ip->kind() == IpAddress::Kind::kPrivate;
}

}  // namespace

// The router as the library knows it. Every call blocks.
class UpnpGateway::Igd {
 public:
  ~Igd() { FreeUPNPUrls(&urls_); }
  Igd() = default;
  Igd(const Igd&) = delete;
  Igd& operator=(const Igd&) = delete;

  bool find() {
    int error = 0;
    UPNPDev* all =
        upnpDiscoverDevice(kRouter, kSearchMs, nullptr, nullptr, UPNP_LOCAL_PORT_ANY, 0, 2, &error);
    bool is_found = false;
    for (UPNPDev* device = all; device && !is_found; device = device->pNext)
      is_found = is_at_home(*device) && take(*device);
    freeUPNPDevlist(all);
    return is_found;
  }
  Result<Endpoint> map(const std::string& port) {
    char outside[64] = {};  // the library writes at most 16
    bool is_told = UPNP_GetExternalIPAddress(urls_.controlURL, service(), outside) == 0;
    auto ip = IpAddress::parse(outside);
    if (!is_told || !ip) return refused("does not say its address");
    int error = UPNP_AddPortMapping(urls_.controlURL, service(), port.c_str(), port.c_str(), own_,
                                    "Balcony", "TCP", nullptr, kLease);
    if (error != 0) return refused("maps no port");
    return Endpoint{*ip, static_cast<std::uint16_t>(std::stoi(port))};
  }
  void unmap(const std::string& port) {
    UPNP_DeletePortMapping(urls_.controlURL, service(), port.c_str(), "TCP", nullptr);
  }
  std::optional<IpAddress> own() const { return IpAddress::parse(own_); }

 private:
  // One at a time, so that no other device is asked on its word; its control must be where it is.
  bool take(const UPNPDev& device) {
    UPNPDev alone = device;
    alone.pNext = nullptr;
    FreeUPNPUrls(&urls_);
    urls_ = {};
    bool is_router = UPNP_GetValidIGD(&alone, &urls_, &data_, own_, sizeof own_) == 1;
    return is_router && host_of(urls_.controlURL) == host_of(device.descURL) && own();
  }
  const char* service() const { return data_.first.servicetype; }
  static tl::unexpected<Error> refused(std::string text) {
    return fail(Blame::kEnvironment, "connectivity-error", "the router " + std::move(text));
  }

  UPNPUrls urls_{};
  IGDdatas data_{};
  char own_[64] = {};
};

// The thread, what it has to do, and what it found out. Whatever is below `mutex_` is for both
// threads; what was asked for is the reactor's.
class UpnpGateway::Worker {
 public:
  enum class Kind { kFind, kMap, kUnmap };
  struct Job {
    Kind kind;
    std::uint16_t port = 0;
  };

  explicit Worker(Reactor& reactor) : context_(reactor.context()) {
    sigset_t all, before;
    sigfillset(&all);  // signals are for the host's threads
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  ~Worker() {
    std::unique_lock lock(mutex_);
    is_leaving_ = true;
    work_.notify_all();
    bool is_done = done_.wait_for(lock, kFarewell, [this] { return is_done_; });
    lock.unlock();
    if (!is_done) pthread_cancel(thread_.native_handle());  // heeded only inside the library
    thread_.join();
    if (!telling_) return;
    g_source_destroy(telling_);
    g_source_unref(telling_);
  }

  bool add(Job job) {
    std::lock_guard lock(mutex_);
    if (jobs_.size() >= kMostJobs && job.kind != Kind::kUnmap) return false;
    jobs_.push_back(job);
    work_.notify_all();
    return true;
  }
  std::optional<IpAddress> inside() const {
    std::lock_guard lock(mutex_);
    return inside_;
  }
  void expect(std::uint16_t port, Mapped done) { expected_[port] = std::move(done); }
  void forget(std::uint16_t port) { expected_.erase(port); }
  bool is_expected(std::uint16_t port) const { return expected_.contains(port); }

 private:
  void run() {
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
    while (auto job = next()) execute(*job);
    std::lock_guard lock(mutex_);
    is_done_ = true;
    done_.notify_all();
  }
  // At the end only what removes a mapping is still done.
  std::optional<Job> next() {
    std::unique_lock lock(mutex_);
    work_.wait(lock, [this] { return is_leaving_ || !jobs_.empty(); });
    if (is_leaving_) std::erase_if(jobs_, [](const Job& job) { return job.kind != Kind::kUnmap; });
    if (jobs_.empty()) return std::nullopt;
    Job job = jobs_.front();
    jobs_.pop_front();
    return job;
  }
  void execute(const Job& job) {
    std::string port = std::to_string(job.port);
    if (job.kind == Kind::kFind) {
      find();
    } else if (job.kind == Kind::kMap) {
      Result<Endpoint> outside = [&] {
        Breakable call;
        return igd_.map(port);
      }();
      tell(job.port, std::move(outside));
    } else {
      Breakable call;
      igd_.unmap(port);
    }
  }
  bool is_left_within(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return work_.wait_for(lock, time, [this] { return is_leaving_; });
  }
  void find() {
    if (is_left_within(kBeforeSearch)) return;
    bool is_found = [this] {
      Breakable call;
      return igd_.find();
    }();
    std::lock_guard lock(mutex_);
    inside_ = is_found ? igd_.own() : std::nullopt;
  }

  void tell(std::uint16_t port, Result<Endpoint> outside) {
    std::lock_guard lock(mutex_);
    told_.emplace_back(port, std::move(outside));
    if (telling_) return;
    telling_ = g_idle_source_new();
    g_source_set_priority(telling_, G_PRIORITY_DEFAULT);
    g_source_set_callback(telling_, on_told, this, nullptr);
    g_source_attach(telling_, context_);
  }
  // On the reactor's thread.
  static gboolean on_told(gpointer data) {
    auto* self = static_cast<Worker*>(data);
    std::unique_lock lock(self->mutex_);
    g_source_unref(std::exchange(self->telling_, nullptr));
    auto told = std::exchange(self->told_, {});
    lock.unlock();
    for (auto& [port, outside] : told) {
      auto waiting = self->expected_.extract(port);
      if (waiting) waiting.mapped()(std::move(outside));
    }
    return G_SOURCE_REMOVE;
  }

  GMainContext* const context_;
  Igd igd_;                                   // the thread's own
  std::map<std::uint16_t, Mapped> expected_;  // the reactor's own

  mutable std::mutex mutex_;
  std::condition_variable work_, done_;
  std::deque<Job> jobs_;
  std::deque<std::pair<std::uint16_t, Result<Endpoint>>> told_;
  GSource* telling_ = nullptr;
  std::optional<IpAddress> inside_;
  bool is_leaving_ = false, is_done_ = false;
  std::thread thread_;  // last: it uses the rest
};

// Removes it however far it has come: the thread does one after the other.
class UpnpGateway::Port : public Gateway::Mapping {
 public:
  Port(Worker& worker, std::uint16_t port) : worker_(worker), port_(port) {}
  ~Port() override {
    worker_.forget(port_);
    worker_.add({Worker::Kind::kUnmap, port_});
  }

 private:
  Worker& worker_;
  const std::uint16_t port_;
};

UpnpGateway::UpnpGateway(Reactor& reactor, const Env& env) : reactor_(reactor), env_(env) {}

UpnpGateway::~UpnpGateway() = default;

void UpnpGateway::look() {
  if (looked_ && env_.now() < *looked_ + kLookAgain) return;
  looked_ = env_.now();
  if (!worker_) worker_ = std::make_unique<Worker>(reactor_);
  worker_->add({Worker::Kind::kFind});
}

std::optional<IpAddress> UpnpGateway::inside() const {
  return worker_ ? worker_->inside() : std::nullopt;
}

std::unique_ptr<Gateway::Mapping> UpnpGateway::map(std::uint16_t port, Mapped done) {
  if (!worker_ || worker_->is_expected(port) || !worker_->add({Worker::Kind::kMap, port}))
    return nullptr;
  worker_->expect(port, std::move(done));
  return std::make_unique<Port>(*worker_, port);
}

}  // namespace balcony

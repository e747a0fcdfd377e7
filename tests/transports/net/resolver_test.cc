// SPDX-License-Identifier: MIT
// Names and addresses; what needs a name server is played by a resolver of the test's own.
#include "transports/net/resolver.h"

#include <gio/gio.h>
#include <gmock/gmock.h>

#include "tests/transports/net/net_fixture.h"

namespace balcony {
namespace {

// Stands in for the system's resolver: keeps the question until the test answers.
GTask* asked = nullptr;

void play(gpointer type, gpointer) {
  auto* functions = static_cast<GResolverClass*>(type);
  functions->lookup_by_name_async = [](GResolver* self, const gchar*, GCancellable* cancellable,
                                       GAsyncReadyCallback callback, gpointer data) {
    asked = g_task_new(self, cancellable, callback, data);
  };
  functions->lookup_by_name_finish = [](GResolver*, GAsyncResult* result, GError** error) {
    return static_cast<GList*>(g_task_propagate_pointer(G_TASK(result), error));
  };
}

GType played_resolver() {
  static const GType type =
      g_type_register_static_simple(G_TYPE_RESOLVER, "PlayedResolver", sizeof(GResolverClass), play,
                                    sizeof(GResolver), nullptr, static_cast<GTypeFlags>(0));
  return type;
}

class ResolverTest : public NetTest {
 protected:
  ResolverTest() : system(g_resolver_get_default()) {
    auto* played = static_cast<GResolver*>(g_object_new(played_resolver(), nullptr));
    g_resolver_set_default(played);
    g_object_unref(played);
  }
  ~ResolverTest() override {
    g_resolver_set_default(system);
    g_object_unref(system);
  }

  void look_up(const std::string& name) {
    lookup = resolver.look_up(name, env.now() + 5s, [this](auto r) {
      result = std::move(r);
      lookup.reset();
    });
    EXPECT_FALSE(result) << "told inside the call";
  }
  void answer(const std::vector<std::string>& texts) {
    GList* list = nullptr;
    for (const std::string& text : texts)
      list = g_list_append(list, g_inet_address_new_from_string(text.c_str()));
    auto release = [](gpointer data) { g_resolver_free_addresses(static_cast<GList*>(data)); };
    g_task_return_pointer(asked, list, release);
    g_clear_object(&asked);
    run_idle();
  }
  std::vector<std::string> found() {
    std::vector<std::string> texts;
    if (result && *result)
      for (const IpAddress& ip : **result) texts.push_back(ip.text());
    return texts;
  }

  GResolver* system;
  SystemResolver resolver{reactor, env};
  std::unique_ptr<Resolver::Lookup> lookup;
  std::optional<Result<std::vector<IpAddress>>> result;
};

TEST_F(ResolverTest, FindsAddressesInTheirOrder) {
  look_up("proxy.example.org");
  answer({"2001:db8::1", "192.0.2.1", "::ffff:127.0.0.1"});
  EXPECT_THAT(found(), testing::ElementsAre("2001:db8::1", "192.0.2.1", "127.0.0.1"));
}

TEST_F(ResolverTest, AnAddressStandsForItself) {
  look_up("2001:db8::1");
  run_idle();
  EXPECT_THAT(found(), testing::ElementsAre("2001:db8::1"));
}

// covers S5B-02
TEST_F(ResolverTest, LooksNothingUpThatIsNoName) {
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a\0b", 3), std::string("[::1]"),
        std::string(256, 'a'), std::string("\xff.org")}) {
    result.reset();
    look_up(name);
    run_idle();
    ASSERT_TRUE(result) << name;
    EXPECT_FALSE(*result) << name;
    EXPECT_EQ(asked, nullptr);
  }
}

TEST_F(ResolverTest, KeepsEightAddresses) {
  look_up("proxy.example.org");
  std::vector<std::string> many;
  for (int i = 1; i <= 30; ++i) many.push_back("192.0.2." + std::to_string(i));
  answer(many);
  EXPECT_EQ(found().size(), 8U);
}

TEST_F(ResolverTest, TellsThatThereIsNone) {
  look_up("proxy.example.org");
  answer({});
  ASSERT_TRUE(result && !*result);
  EXPECT_EQ(result->error().condition, "connectivity-error");
}

TEST_F(ResolverTest, WaitsNoLongerThanTheDeadline) {
  look_up("proxy.example.org");
  run_idle();
  advance(5s);
  ASSERT_TRUE(result && !*result);
  EXPECT_EQ(result->error().condition, "timeout");
  answer({"192.0.2.1"});
}

TEST_F(ResolverTest, DestroyingALookupCancelsIt) {
  look_up("proxy.example.org");
  lookup.reset();
  answer({"192.0.2.1"});
  advance(10s);
  EXPECT_FALSE(result);
}

TEST_F(ResolverTest, AsksTheSystemForItsOwnName) {
  g_resolver_set_default(system);
  look_up("localhost");
  run_until([&] { return result.has_value(); });
  EXPECT_THAT(found(), testing::Contains("127.0.0.1"));
}

}  // namespace
}  // namespace balcony

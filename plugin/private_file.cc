// SPDX-License-Identifier: MIT
#include "plugin/private_file.h"

#include <fcntl.h>
#include <glib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace balcony {
namespace {

// Room for 20,000 pins of 200 octets; a larger file is none of ours.
constexpr std::size_t kMaxFile = 4 * 1024 * 1024;

tl::unexpected<Error> unreadable(const std::string& path, std::string_view why) {
  return fail(Blame::kEnvironment, "unreadable-file",
              "The file " + path + " can't be read: " + std::string(why));
}

tl::unexpected<Error> unwritable(const std::string& path, std::string_view why) {
  return fail(Blame::kEnvironment, "unwritable-file",
              "The file " + path + " can't be written: " + std::string(why));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<std::optional<std::string>> read_file(const std::string& path, bool is_private) {
  Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a FIFO must not block us
  if (fd.get() < 0 && errno == ENOENT) return std::nullopt;
  struct stat facts {};
  if (fd.get() < 0 || fstat(fd.get(), &facts) != 0) return unreadable(path, std::strerror(errno));
  if (!S_ISREG(facts.st_mode)) return unreadable(path, "it is no regular file");
  bool is_open_to_others = (facts.st_mode & 077) != 0;
  if (is_private && is_open_to_others && fchmod(fd.get(), 0600) != 0)
    return unreadable(path, "others may read it, and that can't be changed");
  std::string text;
  char buffer[16 * 1024];
  for (;;) {
    ssize_t count = read(fd.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unreadable(path, std::strerror(errno));
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > kMaxFile) return unreadable(path, "it is larger than 4 MiB");
  }
}

}  // namespace

Result<std::optional<std::string>> read_private_file(const std::string& path) {
  return read_file(path, true);
}

Result<std::optional<std::string>> read_public_file(const std::string& path) {
  return read_file(path, false);
}

Result<void> write_private_file(const std::string& path, const std::string& text) {
  if (text.size() > kMaxFile) return unwritable(path, "it would become larger than 4 MiB");
  constexpr auto flags = static_cast<GFileSetContentsFlags>(G_FILE_SET_CONTENTS_CONSISTENT |
                                                            G_FILE_SET_CONTENTS_DURABLE);
  GError* error = nullptr;
  if (g_file_set_contents_full(path.c_str(), text.data(), static_cast<gssize>(text.size()), flags,
                               0600, &error))
    return {};
  std::string why = error->message;
  g_error_free(error);
  return unwritable(path, why);
}

Result<void> prepare_private_folder(const std::string& path) {
  auto unusable = [&](std::string_view why) {
    return fail(Blame::kEnvironment, "unusable-folder",
                "The folder " + path + " can't be used: " + std::string(why));
  };
  if (g_mkdir_with_parents(path.c_str(), 0700) != 0) return unusable(std::strerror(errno));
  if (access(path.c_str(), R_OK | W_OK | X_OK) != 0) return unusable(std::strerror(errno));
  return {};
}

}  // namespace balcony

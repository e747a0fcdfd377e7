// SPDX-License-Identifier: MIT
// A folder of one test, gone with it, and the few things that tests of files do there.
#pragma once

#include <sys/stat.h>

#include <cassert>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace balcony {

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "balcony-XXXXXX";
    [[maybe_unused]] char* made = mkdtemp(pattern.data());
    assert(made);
    path_ = pattern;
  }
  ~TempFolder() { remove(); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  std::string text(const std::string& name) const {
    std::ostringstream out;
    out << std::ifstream(path_ / name, std::ios::binary).rdbuf();
    return out.str();
  }
  bool has(const std::string& name) const { return std::filesystem::exists(path_ / name); }
  unsigned mode(const std::string& name) const {
    struct stat facts {};
    stat((path_ / name).c_str(), &facts);
    return facts.st_mode & 0777;
  }
  // From now on nothing can be written here, not even by root.
  void remove() const { std::filesystem::remove_all(path_); }

 private:
  std::filesystem::path path_;
};

}  // namespace balcony

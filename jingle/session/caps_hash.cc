// SPDX-License-Identifier: MIT
// XEP-0115 section 5: the verification string of a disco#info answer and its hash.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "jingle/base/bytes.h"
#include "jingle/base/digest.h"
#include "jingle/base/ns.h"
#include "jingle/session/disco.h"

namespace balcony {
namespace {

using Strings = std::vector<std::string>;

// Each step gives sorted lines; std::string compares as i;octet does.
bool has_duplicate(const Strings& sorted) {
  return std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
}

std::string join(const Strings& lines) {
  std::string all;
  for (const std::string& line : lines) all += line + '<';
  return all;
}

// `<` separates the parts, so a part that holds one could pass for two (section 8: preimages). No
// honest hash needs it: such an answer is not verifiable.
bool has_separator(const Strings& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [](const std::string& part) { return part.find('<') != std::string::npos; });
}

Strings identities(const Element& query) {
  Strings lines;
  for (const Element* e : query.children()) {
    if (!e->is("identity", ns::kDiscoInfo)) continue;
    std::string line(e->attr("category"));
    line += '/';
    line += e->attr("type");
    line += '/';
    line += e->attr("lang", ns::kXml);
    line += '/';
    line += e->attr("name");
    lines.push_back(std::move(line));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

Strings feature_names(const Element& query) {
  Strings names;
  for (const Element* e : query.children())
    if (e->is("feature", ns::kDiscoInfo)) names.emplace_back(e->attr("var"));
  std::sort(names.begin(), names.end());
  return names;
}

Strings values(const Element& field) {
  Strings texts;
  for (const Element* e : field.children())
    if (e->is("value", ns::kDataForms)) texts.push_back(e->text());
  std::sort(texts.begin(), texts.end());
  return texts;
}

struct Form {
  std::string type;  // of FORM_TYPE
  Strings lines;     // the fields, each followed by its values
};

// Section 5.4: false for an ill-formed answer. A form without a hidden FORM_TYPE is left out.
bool read_form(const Element& x, std::vector<Form>& forms) {
  Form form;
  bool is_typed = false;
  std::vector<std::pair<std::string, Strings>> fields;
  for (const Element* field : x.children()) {
    if (!field->is("field", ns::kDataForms)) continue;
    Strings texts = values(*field);
    if (field->attr("var") != "FORM_TYPE") {
      fields.emplace_back(std::string(field->attr("var")), std::move(texts));
    } else if (!texts.empty()) {
      if (texts.front() != texts.back()) return false;  // 3.6: several different values
      is_typed = field->attr("type") == "hidden";
      form.type = texts.front();
    }
  }
  if (!is_typed) return true;
  std::sort(fields.begin(), fields.end());
  for (auto& [var, texts] : fields) {
    form.lines.push_back(var);
    form.lines.insert(form.lines.end(), texts.begin(), texts.end());
  }
  forms.push_back(std::move(form));
  return true;
}

bool read_forms(const Element& query, Strings& lines) {
  std::vector<Form> forms;
  for (const Element* e : query.children())
    if (e->is("x", ns::kDataForms) && !read_form(*e, forms)) return false;
  std::sort(forms.begin(), forms.end(),
            [](const Form& a, const Form& b) { return a.type < b.type; });
  auto same_type = [](const Form& a, const Form& b) { return a.type == b.type; };
  if (std::adjacent_find(forms.begin(), forms.end(), same_type) != forms.end()) return false;
  for (Form& form : forms) {
    lines.push_back(std::move(form.type));
    lines.insert(lines.end(), form.lines.begin(), form.lines.end());
  }
  return true;
}

}  // namespace

std::optional<std::string> caps_hash(const Element& query) {
  Strings all = identities(query);
  Strings features = feature_names(query);
  if (has_duplicate(all) || has_duplicate(features)) return std::nullopt;
  all.insert(all.end(), features.begin(), features.end());
  if (!read_forms(query, all) || has_separator(all)) return std::nullopt;
  return base64_encode(sha1(join(all)));
}

}  // namespace balcony

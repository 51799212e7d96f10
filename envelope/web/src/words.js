// What the script says. The sentences themselves stand in words/lang/*/page.txt
// and come with the page, in each of its languages, as JSON in <template id=words>;
// the words a recipient never meets: envelope, token, key, portal, invalid.

let all = {};
let tag = "";

// learn takes the catalogue: sentences by name, by language. The first language
// is the page's own.
export function learn(catalogue) {
  all = catalogue;
  [tag] = Object.keys(all);
}

// speak changes the language.
export function speak(other) {
  if (all[other]) tag = other;
}

// language is the tag of the language spoken, such as "cy".
export function language() {
  return tag;
}

// others gives tag and name of those not spoken now, and their lang attribute.
export function others() {
  return Object.keys(all).filter((l) => l !== tag).map((l) => ({ tag: l, name: say(l, "name"), lang: say(l, "lang") }));
}

// t says a sentence with its {name}s filled in; a sentence for the very number n
// comes first.
export function t(name, values) {
  return say(tag, name, values || {});
}

function say(l, name, values) {
  const text = all[l]?.[`${name}@${values?.n}`] ?? all[l]?.[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (hole, v) => values?.[v] ?? hole);
}

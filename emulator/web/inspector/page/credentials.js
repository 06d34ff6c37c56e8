// How the page says whose world it shows: by a key, or by a token for a world that it was opened by reference.

const KEY = "evi-emulator-key";
const REFERENCE = "evi-emulator-world";
const DEFAULT_KEY = "any";
const UNKNOWN_KEY = "KEY_OF_THIS_WORLD"; // in commands to copy

/** A browser that keeps nothing of pages throws: then it lasts as long as the page. */
export function attempted(action) {
  try {
    return action();
  } catch {
    return null;
  }
}

// of this tab alone: another program on this port could read what is kept for good
const recalled = (name) => attempted(() => sessionStorage.getItem(name));
const remember = (name, value) => attempted(() => sessionStorage.setItem(name, value));

let key = recalled(KEY) ?? DEFAULT_KEY;
let reference = recalled(REFERENCE); // of the world that is open by reference
let token = null;

/** The key; where the world is open by reference nobody knows its key, and a placeholder stands for it. */
export const apiKey = () => (reference ? UNKNOWN_KEY : key);

/** The reference by which the world is open, or null. */
export const openedBy = () => reference;

/** What tells this world from others that the page may show. */
export const whichWorld = () => (reference ? `world ${reference}` : `key ${key}`);

export function setKey(given) {
  key = given.replace(/[\u0000-\u001f\u007f]/g, "").trim() || DEFAULT_KEY; // what a header can't hold
  reference = token = null;
  remember(KEY, key);
  attempted(() => sessionStorage.removeItem(REFERENCE));
}

export function setReference(given) {
  reference = given;
  token = null;
  remember(REFERENCE, given);
}

/** A header holds bytes: those of UTF-8. */
const inHeader = (text) => String.fromCharCode(...new TextEncoder().encode(text));

const keyHeader = () => ({ "X-Hume-Api-Key": inHeader(key) });

/** The headers with credentials. `isAgain` says that the last ones were refused: tokens expire. */
export async function credentialHeaders(isAgain = false) {
  if (!reference) return keyHeader();
  const given = token && !isAgain ? token : await newToken();
  return { Authorization: `Bearer ${given}` };
}

/** The query parameters with credentials, for what can't send headers; a token is a new one. */
export async function credentialQuery() {
  if (!reference) return { api_key: key };
  return { access_token: await newToken() };
}

/** A token for the world, which is kept while this one is open. Throws the answer that refuses it. */
async function newToken() {
  const asked = reference;
  const path = `/_emulator/worlds/${encodeURIComponent(asked)}/token`;
  const answer = await fetch(path, { method: "POST", headers: keyHeader(), cache: "no-store" });
  if (!answer.ok) throw answer;
  const given = (await answer.json()).access_token;
  if (asked === reference) token = given; // another world may have been opened meanwhile
  return given;
}

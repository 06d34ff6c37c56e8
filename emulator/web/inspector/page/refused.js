// Why a request was refused, in one line.

import { parsed } from "./text.js";

/** What the answer to a refused request says; empty for any other entry. */
export function refusalOf({ status, response }) {
  if (!(status >= 400) || !response) return "";
  const body = parsed(response);
  const { detail } = body ?? {};
  if (Array.isArray(detail)) return detail.map(problem).join("; ");
  const said = [body?.message, body?.fault?.faultstring, detail, body?.error?.message, body?.error];
  return said.find((each) => typeof each === "string" && each) ?? response;
}

/** One of FastAPI's problems: where it is, but for the part of the request, and what is wrong there. */
function problem(given) {
  const { loc, msg } = given ?? {};
  if (msg === undefined) return JSON.stringify(given); // a stub's body has any shape
  const path = Array.isArray(loc) ? loc.slice(loc.length > 1 ? 1 : 0).join(".") : "";
  return path ? `${path}: ${msg}` : String(msg);
}

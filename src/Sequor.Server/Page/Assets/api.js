// The service, and what it says when it cannot answer.

const keyName = "sequor-api-key";

/** Why there is no answer, as a sentence. Kind: "key", "away" (try again) or "refused" (change the question). */
export class Trouble extends Error {
  constructor(kind, message, retryAfter) {
    Object.assign(super(message), { kind, retryAfter });
  }
}

export const useKey = key => sessionStorage.setItem(keyName, key);

async function ask(path, init = {}) {
  const key = sessionStorage.getItem(keyName);
  const headers = { Accept: "application/json", ...init.headers, ...(key && { "X-API-Key": key }) };
  let response;
  try {
    response = await fetch(path, { ...init, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble("away", "The service does not answer.", 5);
  }
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({}));
  if (response.status === 401 || response.status === 403) throw new Trouble("key", key ? "The service does not accept this API key." : "The service asks for an API key.");
  const later = response.status === 429 || response.status >= 500;
  throw new Trouble(later ? "away" : "refused", sentence(problem, response.status), Number(response.headers.get("Retry-After")) || 5);
}

// Problem details (RFC 9457) name field, value and rule.
function sentence(problem, status) {
  const errors = (problem.errors ?? []).map(({ field, value, rule }) => `${[field, value == null ? null : `= ${value}`].filter(Boolean).join(" ")}: ${rule}`);
  const text = errors.length > 0 ? errors.join("; ") : problem.detail ?? problem.title ?? `The service answered with status ${status}`;
  return `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

const part = encodeURIComponent;
export const model = () => ask("/v1/model");
export const findItems = (query, k, signal) => ask(`/v1/items?query=${part(query)}&k=${k}`, { signal });
export const similar = (id, k) => ask(`/v1/items/${part(id)}/similar?k=${k}`);
export const users = () => ask("/v1/users");
export const historyOf = id => ask(`/v1/users/${part(id)}/history`);
export const recommend = (body, signal) => ask("/v1/recommend", { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" }, signal });

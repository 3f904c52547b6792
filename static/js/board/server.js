// What the board asks of the server. Every change has a key of its own, so that a second try does nothing twice.

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

function key() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function send(url, values, headers, signal) {
  const answer = await fetch(url, {
    method: "POST",
    signal,
    headers: { "X-CSRFToken": token(), Accept: "application/json", ...headers },
    body: new URLSearchParams(Object.entries(values).filter(([, value]) => value !== undefined && value !== null)),
  });
  const isJson = answer.headers.get("Content-Type")?.includes("json");
  return { status: answer.status, ok: answer.ok && isJson, ...(isJson ? await answer.json() : {}) };
}

// Gives {ok, status, error?, …}; status 0 where the server did not answer.
export async function change(url, values) {
  const headers = { "Idempotency-Key": key() };
  for (const pause of [0, 700]) {
    await new Promise((done) => setTimeout(done, pause));
    try {
      return await send(url, values, headers);
    } catch {
      // Once more with the same key: it may have arrived, and only its answer not.
    }
  }
  return { ok: false, status: 0 };
}

// What changes nothing; ``signal`` ends it where nobody waits for the answer any more.
export async function ask(url, values, signal) {
  try {
    return await send(url, values, {}, signal);
  } catch {
    return { ok: false, status: 0 };
  }
}

// Gives the figures' text where they have changed, null where not; throws where there is no answer.
export function reader(url) {
  let tag = null;
  return async function read() {
    const answer = await fetch(url, { cache: "no-store", headers: tag ? { "If-None-Match": tag } : {} });
    if (answer.status === 304) return null;
    if (!answer.ok || answer.redirected || !answer.headers.get("Content-Type")?.includes("json")) {
      throw Object.assign(new Error("no figures"), { isLoggedOut: answer.redirected || answer.status === 401 });
    }
    tag = answer.headers.get("ETag");
    return answer.text();
  };
}

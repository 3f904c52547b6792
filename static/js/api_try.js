// The page to try the API: fills in an example of the chosen operation, sends it, shows the answer.
const form = document.querySelector("[data-api-try]");
const choice = form.elements.operation;
const answer = form.querySelector("pre code");

function chosen() {
  return choice.selectedOptions[0].dataset;
}

function fill() {
  form.elements.path.value = chosen().path.replace(/^\//, "").replace(/\{\w+\}/g, "1");
  form.elements.body.value = chosen().example;
  form.elements.body.disabled = !["POST", "PUT"].includes(chosen().method);
}

async function send(event) {
  event.preventDefault();
  const { method } = chosen();
  const headers = { Accept: "application/json", "X-CSRFToken": form.dataset.token };
  const options = { method, headers };
  if (method === "POST" || method === "PUT") {
    headers["Content-Type"] = "application/json";
    options.body = form.elements.body.value || "{}";
  }
  const response = await fetch(`${form.dataset.address}/${form.elements.path.value}`, options);
  const text = await response.text();
  form.elements.status.value = `${response.status} ${response.statusText}`;
  try {
    answer.textContent = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    answer.textContent = text;
  }
}

choice.addEventListener("change", fill);
form.addEventListener("submit", send);
fill();

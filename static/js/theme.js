// Light, dark or as the device says. The cookie lets the server draw the next page right from the start;
// localStorage brings the choice back when cookies were cleared.
const root = document.documentElement;

function apply(choice) {
  if (choice === "auto") delete root.dataset.theme;
  else root.dataset.theme = choice;
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
  }
}

function keep(choice) {
  document.cookie = `theme=${choice}; path=/; max-age=31536000; samesite=lax`;
  try {
    localStorage.setItem("theme", choice);
  } catch {
    // Storage may be forbidden; the cookie is enough.
  }
}

function kept() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null;
  }
}

export default function theme() {
  const drawn = root.dataset.theme ?? "auto";
  const choice = root.dataset.theme ?? kept() ?? "auto";
  apply(choice);
  if (choice !== drawn) keep(choice);
  for (const box of document.querySelectorAll("[data-themes]")) {
    box.hidden = false;
    box.addEventListener("click", (event) => {
      const chosen = event.target.closest("[data-theme-choice]")?.dataset.themeChoice;
      if (!chosen) return;
      apply(chosen);
      keep(chosen);
    });
  }
}

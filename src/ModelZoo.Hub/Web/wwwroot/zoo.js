// Comfort only: every page works without it. Loaded in the head so that the chosen theme is there before the first paint.
(() => {
  const root = document.documentElement;
  let keep = { getItem() {}, setItem() {} };
  try { keep = localStorage; } catch { /* forbidden by the browser: the choice lasts as long as the page */ }
  const theme = keep.getItem("theme");
  if (theme) root.dataset.theme = theme;

  addEventListener("DOMContentLoaded", () => {
    const all = (selector, each) => document.querySelectorAll(selector).forEach(each);

    all("[data-theme-switch]", button => {
      button.hidden = false;
      button.onclick = () => {
        const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
        keep.setItem("theme", root.dataset.theme = dark ? "light" : "dark");
      };
    });

    all("[data-copy]", button => {
      button.hidden = false;
      button.onclick = async () => {
        await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent.trimEnd());
        button.textContent = "Copied";
        setTimeout(() => button.textContent = "Copy", 1500);
      };
    });

    all("[data-remember]", set => {
      const key = set.dataset.remember, chosen = set.querySelector(`[value="${CSS.escape(keep.getItem(key) ?? "")}"]`);
      if (chosen) chosen.checked = true;
      set.addEventListener("change", e => keep.setItem(key, e.target.value));
    });

    all("form[data-upload]", form => form.addEventListener("submit", e => {
      const bar = form.querySelector("progress"), say = form.querySelector("[role=status]"), request = new XMLHttpRequest();
      e.preventDefault();
      form.querySelectorAll("button").forEach(b => b.disabled = true);
      bar.hidden = false;
      request.upload.onprogress = p => {
        bar.max = p.total; bar.value = p.loaded;
        say.textContent = p.loaded < p.total ? `${Math.floor(100 * p.loaded / p.total)} % sent` : "Checking and committing";
      };
      const fail = text => { say.textContent = text; bar.hidden = true; form.querySelectorAll("button").forEach(b => b.disabled = false); };
      request.onerror = () => fail("The connection broke. Nothing was changed; try again.");
      request.onload = () => {
        let answer = {};
        try { answer = JSON.parse(request.responseText); } catch { /* a proxy's page: its status is said below */ }
        answer.location ? location.assign(answer.location) : fail(answer.error ?? `The hub answered ${request.status}. Nothing was changed.`);
      };
      request.open("POST", form.action);
      request.setRequestHeader("Accept", "application/json");
      request.send(new FormData(form));
    }));

    addEventListener("click", e => all("details.menu[open]", menu => menu.contains(e.target) || (menu.open = false)));

    addEventListener("keydown", e => {
      if (e.key === "Escape") all("details.menu[open]", menu => menu.open = false);
      if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName)) return;
      if (e.key === "/") { e.preventDefault(); document.querySelector("input[type=search]")?.focus(); }
      if (e.key !== "j" && e.key !== "k") return;
      const rows = [...document.querySelectorAll("[data-rows] > *")], at = rows.findIndex(r => r.classList.contains("at"));
      const next = rows[Math.min(rows.length - 1, Math.max(0, at + (e.key === "j" ? 1 : -1)))];
      rows[at]?.classList.remove("at");
      next?.classList.add("at");
      next?.querySelector("a")?.focus();
    });
  });
})();

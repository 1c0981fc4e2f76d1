"use strict";
// A passage is shown that has one of the pressed labels (if any) and one of the pressed marks.
{
  const filters = document.getElementById("filters");
  const status = document.getElementById("status");
  const buttons = [...filters.querySelectorAll("[data-filter]")];
  const groups = [...filters.querySelectorAll("[role=group]")];
  const articles = [...document.querySelectorAll("article")];
  const links = [...document.querySelectorAll("nav li")];
  const passages = [...document.querySelectorAll("[data-in]")].map((item) => ({
    item,
    filters: new Set(item.dataset.in.split(" ")),
  }));

  const show = () => {
    const asked = groups
      .map((group) => [...group.querySelectorAll("[aria-pressed=true]")])
      .map((pressed) => pressed.map((button) => button.dataset.filter))
      .filter((names) => names.length);
    let shown = 0;
    for (const { item, filters } of passages) {
      item.hidden = !asked.every((names) => names.some((name) => filters.has(name)));
      shown += !item.hidden;
    }
    articles.forEach((article, at) => {
      article.hidden = !article.querySelector("[data-in]:not([hidden])");
      if (links.length) links[at].hidden = article.hidden;
    });
    const all = `${passages.length.toLocaleString("en")} passages`;
    status.textContent = asked.length
      ? `Showing ${shown.toLocaleString("en")} of ${all}.`
      : `Showing all ${all}.`;
  };

  for (const button of buttons) {
    button.addEventListener("click", () => {
      button.ariaPressed = button.ariaPressed !== "true";
      show();
    });
  }
  document.getElementById("all").addEventListener("click", () => {
    for (const button of buttons) button.ariaPressed = false;
    show();
  });
  filters.hidden = false; // without this script they would do nothing
}

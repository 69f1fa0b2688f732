// The search field hides statements whose number, words and conversations do not contain what is typed.
const rows = [...document.querySelectorAll(".row")];
document.querySelector("#search").addEventListener("input", (event) => {
  const wanted = event.target.value.trim().toLowerCase();
  for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
});
// A link to a statement or a conversation opens it.
const open = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let it = target; it; it = it.parentElement) if (it.tagName === "DETAILS") it.open = true;
  target?.scrollIntoView();
};
addEventListener("hashchange", open);
open();

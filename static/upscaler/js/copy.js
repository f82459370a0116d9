// Buttons that copy what stands beside them, an address or a snippet, and say so.

const SHOWN_MILLISECONDS = 2000;

for (const button of document.querySelectorAll("[data-copies]")) {
  const label = button.querySelector("span");
  const usual = label.textContent;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copies);
    } catch {
      button.parentElement.querySelector("input, textarea").select(); // no clipboard without https: by hand, then
      return;
    }
    label.textContent = "Copied";
    setTimeout(() => {
      label.textContent = usual;
    }, SHOWN_MILLISECONDS);
  });
}

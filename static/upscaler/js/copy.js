// Buttons that copy the link or snippet beside them.

const SHOWN_MILLISECONDS = 2000;

for (const button of document.querySelectorAll("[data-copies]")) {
  const label = button.querySelector("span");
  const usual = label.textContent;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copies);
    } catch {
      // there is no clipboard without HTTPS: select it to be copied by hand
      button.parentElement.querySelector("input, textarea").select();
      return;
    }
    label.textContent = "Copied";
    setTimeout(() => {
      label.textContent = usual;
    }, SHOWN_MILLISECONDS);
  });
}

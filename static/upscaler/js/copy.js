// Buttons that copy an address, and say so.

for (const button of document.querySelectorAll(".copy")) {
  button.addEventListener("click", async () => {
    const field = button.parentElement.querySelector(".share-url");
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      field.select(); // no clipboard without https: the person copies it by hand
      return;
    }
    button.querySelector("span").textContent = "Copied";
  });
}

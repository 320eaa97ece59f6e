// Keeps the chosen theme where Streamlit looks for it, on every page, and loads the page again with it.
export default function ({ parentElement }) {
  const now = localStorage.getItem("galcore.theme") || '"Dark"';
  for (const button of parentElement.querySelectorAll("button")) {
    const value = JSON.stringify(button.dataset.theme);
    button.setAttribute("aria-pressed", String(value === now));
    button.onclick = () => {
      const kept = Object.keys(localStorage).filter((key) => key.startsWith("stActiveTheme-"));
      for (const key of [...kept, `stActiveTheme-${location.pathname}-v2`]) localStorage.setItem(key, value);
      localStorage.setItem("galcore.theme", value);
      location.reload();
    };
  }
}

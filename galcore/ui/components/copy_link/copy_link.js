// Copies the link by which others join: only the browser knows the address that people reach the server under.
export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button"), field = parentElement.querySelector("input");
  const folder = location.pathname.replace(/[^/]*$/, "");
  field.value = `${location.origin}${folder}?join=${encodeURIComponent(data.code)}`;
  const say = (words) => {
    button.textContent = words;
    clearTimeout(button.restore);
    button.restore = setTimeout(() => (button.textContent = "Copy link"), 2500);
  };
  field.onfocus = () => field.select();
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(field.value);
      say("Copied ✓");
    } catch {
      // Without https the browser has no clipboard for us: the older way, else the person copies it themselves.
      field.select();
      say(document.execCommand("copy") ? "Copied ✓" : "Press Ctrl + C");
    }
  };
}

// Keeps the name in a cookie of this browser: the server reads it when a page is loaded again.
export default function ({ data }) {
  const year = 365 * 24 * 3600;
  const age = data.name ? year : 0;
  const value = encodeURIComponent(data.name);
  document.cookie = `${data.cookie}=${value}; path=/; max-age=${age}; SameSite=Lax`;
}

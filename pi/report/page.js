// In the MLflow UI a page is a blob in a sandbox, where a browser follows no link of the contents.
if (location.protocol === "blob:") {
  addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    const place = link && document.getElementById(link.getAttribute("href").slice(1));
    if (place) {
      event.preventDefault();
      place.scrollIntoView();
    }
  });
}

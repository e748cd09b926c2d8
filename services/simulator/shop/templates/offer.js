"use strict";
const place = document.currentScript;
fetch(place.dataset.offer)
  .then((answer) => answer.json())
  .then((product) => {
    const data = document.createElement("script");
    data.type = "application/ld+json";
    data.textContent = JSON.stringify(product);
    document.head.append(data);
    document.getElementById("offer").textContent = `${product.offers.price} ${product.offers.priceCurrency}`;
  });

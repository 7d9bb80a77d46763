/** The classes of Fashion-MNIST, by label. */
export const fashionClasses = [
  "T-shirt",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Boot",
] as const;

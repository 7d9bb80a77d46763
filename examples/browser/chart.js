/**
 * Draws losses as a line, from 0 to the highest. @param {HTMLCanvasElement} canvas @param {readonly number[]} losses
 * @param {number} epochs
 */
export function showLosses(canvas, losses, epochs) {
  const pen = canvas.getContext("2d");
  const { width, height } = canvas;
  const margin = 30;
  pen.clearRect(0, 0, width, height);
  pen.font = "24px system-ui, sans-serif";
  pen.fillStyle = "#666";
  pen.fillText(
    losses.length > 0 ? `loss ${losses.at(-1).toFixed(3)}, epoch ${losses.length} of ${epochs}` : "loss",
    margin,
    margin,
  );
  const top = Math.max(...losses);
  pen.beginPath();
  losses.forEach((loss, epoch) => {
    pen.lineTo(
      margin + (epoch / (epochs - 1)) * (width - 2 * margin),
      height - margin - (loss / top) * (height - 3 * margin),
    );
  });
  Object.assign(pen, { strokeStyle: "#4457c9", lineWidth: 4 });
  pen.stroke();
}

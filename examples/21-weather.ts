/**
 * Weather: the temperature in twelve hours, from two days of temperature, pressure and wind, by an LSTM. Keras's
 * example of the same name (https://keras.io/examples/timeseries/timeseries_weather_forecasting) on made-up weather.
 *
 *     npx tsx examples/21-weather.ts [--short]
 *
 * Printed by a full run (seed 1; three years of hours, 10 epochs, adam at 0.005; 17 s of computing on two
 * virtual processors of an Intel Xeon that other work used, too):
 *
 *     off by 0.15 degrees; the temperature of the day before is by 2.11
 *
 * What the pressure says comes true in this weather. It writes weather.svg, the curves of training, into the folder
 * where it is started.
 */
import { adam, dense, earlyStopping, lstm, normalization, sequential } from "aretejs";
import { timeseriesDataset } from "aretejs/data";
import { type ExampleOptions, randoms, runAsScript, spread } from "./shared.ts";

const [STEPS, EVERY, AHEAD] = [24, 2, 12]; // a window: 24 values, 2 hours apart; the forecast: 12 hours later

/** Temperature, pressure and wind of each hour. A front changes the pressure, and half a day later the temperature. */
function weather(hours: number): number[][] {
  const random = randoms(1);
  const fronts = [0];
  for (let hour = 1; hour < hours; hour++) fronts.push(0.99 * (fronts[hour - 1] ?? 0) + 0.5 * (random() - 0.5));
  return fronts.map((front, hour) => {
    const [day, year] = [(2 * Math.PI * hour) / 24, (2 * Math.PI * hour) / 8766];
    const before = fronts[Math.max(0, hour - 12)] ?? 0;
    return [10 - 9 * Math.cos(year) - 4 * Math.cos(day) - 4 * before, 1013 + 8 * front, 4 + 3 * random()];
  });
}

export async function run({ short = false, log = () => {} }: ExampleOptions) {
  const rows = weather(short ? 2000 : 3 * 8766);
  const border = Math.floor(0.715 * rows.length);
  const past = rows.slice(0, border);
  const temperatures = rows.map(([temperature = 0]) => temperature);
  const { mean, stddev } = spread(temperatures.slice(0, border));

  /** Windows of a part, with the standardized temperature that is to be forecast. */
  const windows = (part: number[][], shuffle: boolean) => {
    const targets = part.slice((STEPS - 1) * EVERY + AHEAD).map(([temperature = 0]) => [(temperature - mean) / stddev]);
    return timeseriesDataset(part, targets, { sequenceLength: STEPS, samplingRate: EVERY, batchSize: 256, shuffle });
  };
  const [train, test] = [windows(past, true), windows(rows.slice(border), false)];

  const scale = normalization({ inputShape: [STEPS, 3] });
  await scale.adapt(past);
  const model = sequential([scale, lstm(32), dense(1)], { seed: 1 });
  model.compile({ optimizer: adam(0.005), loss: "mse", metrics: ["mae"] });
  const history = await model.fit(train, {
    epochs: short ? 5 : 10,
    validationData: test,
    callbacks: [earlyStopping({ patience: 5, restoreBestWeights: true })],
    verbose: 0,
  });
  if (!short) await history.plot({ file: "weather.svg" });

  const { mae = 0 } = await model.evaluate(test);
  const yesterday = temperatures.slice(border + 24).map((now, i) => Math.abs(now - (temperatures[border + i] ?? 0)));
  const figures = { network: mae * stddev, yesterday: spread(yesterday).mean, epochs: history.epoch.length };
  log(
    `off by ${figures.network.toFixed(2)} degrees; the temperature of the day before is by ${figures.yesterday.toFixed(2)}`,
  );
  return figures;
}

await runAsScript(import.meta.url, run);

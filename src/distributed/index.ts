// `aretejs/distributed`: data-parallel training over NATS.
export type { NatsConnection, NatsMessage, NatsSubscription } from "./connection.ts";
export type { JobEvent } from "./events.ts";
export type { JobData, JobFitOptions, LocalSync, OuterOptions } from "./fit-options.ts";
export type { GenerationLog } from "./group.ts";
export type { Job, JobStatus } from "./job.ts";
export { type JoinOptions, join } from "./join.ts";
export { removeJob } from "./remove-job.ts";
export { type SearchOptions, search, type TrialEvent, type TrialResult, type TrialRun } from "./search.ts";
export { statusLogs } from "./status-logs.ts";

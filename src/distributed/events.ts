/** What happens to a job, as `join` hands it to `onEvent`. */
export type JobEvent =
  | {
      /** The members have changed: training goes on from the last checkpoint. */
      readonly type: "generation";
      /** Counts the changes of members, from 1. */
      readonly generation: number;
      /** Ids of the workers, by rank. */
      readonly members: readonly string[];
    }
  | {
      /** Members were dropped since they were slower than `stepTimeout`. */
      readonly type: "dropped";
      /** Their ids. */
      readonly members: readonly string[];
    }
  | {
      /** A checkpoint was written; a job that loses members goes on from it. */
      readonly type: "checkpoint";
      /** How many updates of the weights it holds. */
      readonly updates: number;
    }
  | {
      /** The connection to the server is gone, or has come back. Training waits. */
      readonly type: "disconnected" | "reconnected";
    }
  | {
      /** Training has ended. */
      readonly type: "done";
      /** How many updates of the weights there were. */
      readonly updates: number;
    };

// The official client, for programs outside of this folder, which has the packages.
export { connect } from "@nats-io/transport-node";

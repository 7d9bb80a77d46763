// The part of the package that is used. Its own types need TensorFlow.js.
declare module "nsfwjs/models/mobilenet_v2" {
  /** Functions that load the parts of a model, each the default export of a module. */
  export const MobileNetV2Model: {
    modelJson(): Promise<{ readonly default: import("aretejs/io").TfjsModel }>;
    /** The weights in base64. */
    readonly weightBundles: readonly (() => Promise<{ readonly default: string }>)[];
  };
}

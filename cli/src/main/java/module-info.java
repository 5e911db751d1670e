/** The subcommands of {@code slipway}, one file each. */
module dev.slipway.cli {
  requires transitive dev.slipway.conformance;
  requires transitive dev.slipway.evaluation;
  requires dev.slipway.analysis;
  requires dev.slipway.builder;
  requires dev.slipway.onnx;
  requires dev.slipway.quantization;
  requires java.management;
  requires info.picocli;
  requires me.tongfei.progressbar;
  requires tools.jackson.databind;

  opens dev.slipway.cli to info.picocli, tools.jackson.databind;
}

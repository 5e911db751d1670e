package dev.slipway.cli;

import dev.slipway.builder.BuildOptions;
import dev.slipway.tensor.SlipwayException;
import java.util.List;
import picocli.CommandLine.Option;

/** The precision to compute in. */
final class PrecisionOption {
  private static final List<String> ALL = List.of("fp32", "tf32", "fp16", "bf16", "int8", "best");

  @Option(
      names = "--precision",
      paramLabel = "fp32|tf32|fp16|bf16|int8|best",
      description = "Precision to compute in: fp32, where a quantised model computes on integers; on cuda tf32, fp16"
          + " and bf16; best, which measures integers against float32 for each part of a quantised model, and of"
          + " others the precisions that round (default: fp32).")
  private String precision = "fp32";

  @Option(names = "--fp16", description = "The same as --precision fp16.")
  private boolean fp16;

  @Option(names = "--tf32", description = "The same as --precision tf32.")
  private boolean tf32;

  @Option(names = "--bf16", description = "The same as --precision bf16.")
  private boolean bf16;

  @Option(names = "--int8", description = "The same as --precision int8.")
  private boolean int8;

  @Option(names = "--best", description = "The same as --precision best.")
  private boolean best;

  /** What was asked for; refuses what is not there. */
  BuildOptions.Precision value() {
    String wanted = fp16 ? "fp16" : tf32 ? "tf32" : bf16 ? "bf16" : int8 ? "int8" : best ? "best" : precision;
    return parse("--precision", wanted);
  }

  /** Of a text; refuses what is not there. */
  static BuildOptions.Precision parse(String option, String wanted) {
    if (!ALL.contains(wanted)) {
      throw new SlipwayException(option + ": " + wanted + " (expected: one of " + ALL + ")");
    }
    return switch (wanted) {
      case "fp32" -> BuildOptions.Precision.FP32;
      case "tf32" -> BuildOptions.Precision.TF32;
      case "fp16" -> BuildOptions.Precision.FP16;
      case "bf16" -> BuildOptions.Precision.BF16;
      case "best" -> BuildOptions.Precision.BEST;
      default -> throw new SlipwayException(option + ": " + wanted + " is not available in this version (expected:"
          + " fp32, tf32, fp16, bf16 or best; a model with QuantizeLinear and DequantizeLinear runs as it is)");
    };
  }
}

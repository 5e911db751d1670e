package dev.slipway.cli;

import dev.slipway.analysis.OnnxRuntime;
import dev.slipway.tensor.SlipwayException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where ONNX Runtime is, for commands that compare with it. */
final class PeerOption {
  @Option(
      names = "--peer-jar",
      paramLabel = "FILE",
      description = "The jar of ONNX Runtime (default: $" + OnnxRuntime.VARIABLE + ", or what the class path has).")
  private Optional<Path> jar = Optional.empty();

  /** The library. */
  OnnxRuntime load() {
    return jar.map(OnnxRuntime::load).orElseGet(PeerOption::found);
  }

  private static OnnxRuntime found() {
    try {
      return OnnxRuntime.find();
    } catch (SlipwayException e) {
      throw new EnvironmentException(e.getMessage(), e);
    }
  }
}

package dev.slipway.cli;

import dev.slipway.tensor.SlipwayException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The model that a command works on: an argument, or an option as in trtexec. */
final class ModelArgument {
  @Parameters(arity = "0..1", paramLabel = "MODEL", description = "An .onnx file, or a .plan of slipway build.")
  private Optional<Path> model = Optional.empty();

  @Option(names = "--onnx", paramLabel = "FILE", description = "The same as MODEL.")
  private Optional<Path> onnx = Optional.empty();

  @Option(names = {"--load-engine", "--loadEngine"}, paramLabel = "FILE", description = "The same as MODEL.")
  private Optional<Path> plan = Optional.empty();

  /** The file, which exists. */
  ModelFile file() {
    List<Path> given = new ArrayList<>();
    model.ifPresent(given::add);
    onnx.ifPresent(given::add);
    plan.ifPresent(given::add);
    if (given.size() != 1) {
      throw new SlipwayException(
          "MODEL: " + (given.isEmpty() ? "missing" : given) + " (expected: one .onnx or .plan file)");
    }
    if (!Files.exists(given.getFirst())) {
      throw new SlipwayException(given.getFirst() + ": no such file (expected: an .onnx or .plan file)");
    }
    return new ModelFile(given.getFirst());
  }
}

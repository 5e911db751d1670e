package dev.slipway.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.AttributeSpec;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.Port;
import dev.slipway.operators.Operators;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/operators.md says what the list of operators says. */
class OperatorsDocumentTest {
  private static final List<Path> FOLDERS = List.of(Path.of("../docs"), Path.of("docs"));

  /** Operators of ONNX that Slipway does not have, and why. */
  private record Excluded(String reason, List<String> operators) {}

  private static final List<Excluded> EXCLUDED = List.of(
      new Excluded("superseded; the importer replaces them by ScatterElements and Resize", List.of(
          "Scatter", "Upsample")),
      new Excluded("strings: Slipway does not store strings", List.of(
          "RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit")),
      new Excluded("image files are decoded before the network, not in it", List.of("ImageDecoder")),
      new Excluded("training", List.of(
          "ai.onnx.preview.training.Adagrad", "ai.onnx.preview.training.Adam", "ai.onnx.preview.training.Gradient",
          "ai.onnx.preview.training.Momentum")),
      new Excluded("maps: Slipway has tensors, sequences and optional values", List.of(
          "ai.onnx.ml.CastMap", "ai.onnx.ml.DictVectorizer", "ai.onnx.ml.ZipMap")),
      new Excluded("classical learning outside of networks; a standard operator or TreeEnsemble computes the same",
          List.of(
              "ai.onnx.ml.CategoryMapper", "ai.onnx.ml.FeatureVectorizer", "ai.onnx.ml.Imputer",
              "ai.onnx.ml.LinearClassifier", "ai.onnx.ml.LinearRegressor", "ai.onnx.ml.Normalizer",
              "ai.onnx.ml.OneHotEncoder", "ai.onnx.ml.SVMClassifier", "ai.onnx.ml.SVMRegressor", "ai.onnx.ml.Scaler",
              "ai.onnx.ml.TreeEnsembleClassifier", "ai.onnx.ml.TreeEnsembleRegressor")));

  @Test
  void isUpToDate() throws IOException {
    Path folder = FOLDERS.stream().filter(Files::isDirectory).findFirst().orElseThrow();
    String actual = document();
    Path written = Files.createDirectories(Path.of("target")).resolve("operators.md");
    Files.writeString(written, actual);
    assertThat(Files.readString(folder.resolve("operators.md")))
        .as("docs/operators.md; take over %s", written.toAbsolutePath())
        .isEqualTo(actual);
  }

  @Test
  void excludesNothingThatIsThere() {
    assertThat(EXCLUDED.stream().flatMap(excluded -> excluded.operators().stream()))
        .noneMatch(name -> schemas().anyMatch(schema -> schema.qualifiedName().equals(name)));
  }

  private static Stream<OpSchema> schemas() {
    return Operators.all().stream()
        .map(definition -> definition.schema())
        .sorted(Comparator.comparing(OpSchema::qualifiedName));
  }

  private static String document() {
    List<String> lines = new ArrayList<>();
    List<OpSchema> known = schemas().filter(schema -> !schema.domain().equals("slipway")).toList();
    lines.addAll(List.of(
        "# Operators",
        "",
        "Written by `OperatorsDocumentTest` from the list in `operators/Operators.java`, which fails where they differ.",
        "",
        "## Supported: " + known.size(),
        "",
        "Each runs on every backend: by a fast tactic where the backend has one, else by its reference evaluation.",
        "*Since* is the opset whose form the operator has here; the importer takes models of opset 1 on and upgrades older",
        "forms. `?` marks what may be absent, `…` what repeats.",
        "",
        "| operator | since | inputs → outputs | attributes |",
        "|---|---|---|---|"));
    known.forEach(schema -> lines.add(row(schema)));
    lines.addAll(List.of("", "## Not supported", "", "An unknown operator is an error that names the node.", "",
        "| operators | why |", "|---|---|"));
    EXCLUDED.forEach(excluded ->
        lines.add("| " + String.join(", ", excluded.operators()) + " | " + excluded.reason() + " |"));
    lines.addAll(List.of("", "Tests of the ONNX backend suite that are not expected to pass:", "",
        "| tests | why |", "|---|---|"));
    UnsupportedTests.load().entries().forEach(entry ->
        lines.add("| `" + entry.pattern().pattern().replace("|", "\\|") + "` | " + entry.reason() + " |"));
    lines.addAll(List.of("", "## Inside of plans", "",
        "Operators of the domain `slipway`, which the builder makes and no ONNX file has:", ""));
    schemas().filter(schema -> schema.domain().equals("slipway"))
        .forEach(schema -> lines.add("- `" + schema.qualifiedName() + "`"));
    return String.join("\n", lines) + "\n";
  }

  private static String row(OpSchema schema) {
    return "| " + schema.qualifiedName() + " | " + schema.sinceVersion() + " | " + ports(schema.inputs()) + " → "
        + ports(schema.outputs()) + " | "
        + schema.attributes().stream().map(AttributeSpec::name).sorted().collect(Collectors.joining(", ")) + " |";
  }

  private static String ports(List<Port> ports) {
    return ports.stream()
        .map(port -> port.name() + switch (port.kind()) {
          case REQUIRED -> "";
          case OPTIONAL -> "?";
          case VARIADIC, HETEROGENEOUS -> "…";
        })
        .collect(Collectors.joining(", "));
  }
}

package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.ValueId;
import dev.slipway.onnx.OnnxReader;
import dev.slipway.onnx.OnnxWriter;
import dev.slipway.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

final class CompareTest {
  @TempDir private Path folder;

  private Path linear() {
    return Fixture.model(folder, "linear");
  }

  /** The model with the first element of its first constant of floats changed. */
  private Path changed() {
    Graph graph = OnnxReader.read(linear());
    ValueId id = graph.constants().keySet().stream()
        .filter(constant -> graph.constant(constant).orElseThrow().dtype().isFloat())
        .findFirst()
        .orElseThrow();
    Tensor constant = graph.constant(id).orElseThrow().copy(Arena.ofAuto());
    constant.setDouble(0, constant.getDouble(0) + 1);
    GraphPatch.Builder patch = GraphPatch.on(graph, "changed");
    patch.replace(id, patch.constant("changed", constant));
    Path file = folder.resolve("changed.onnx");
    OnnxWriter.write(graph.apply(patch.build()), file);
    return file;
  }

  @Test
  void findsNoDifferenceBetweenAnEngineAndItsModel() {
    CommandRun run = CommandRun.of("compare", linear().toString(), "--json", "-", "--quiet");

    assertThat(run.status()).as(run.toString()).isZero();
    JsonNode json = run.json();
    assertThat(json.path("diverged").asBoolean()).isFalse();
    assertThat(json.path("layers")).isNotEmpty();
    assertThat(json.path("layers").path(0).path("local").path("elements").asLong()).isPositive();
  }

  @Test
  void comparesAPlanWithItsOwnGraph() {
    String plan = folder.resolve("linear.plan").toString();
    assertThat(CommandRun.of("build", linear().toString(), "-o", plan, "--tuning", "off").status()).isZero();

    CommandRun run = CommandRun.of("compare", plan);

    assertThat(run.status()).as(run.toString()).isZero();
    assertThat(run.out()).contains("no layer diverges");
  }

  @Test
  void findsTheConstantsThatDiffer() {
    CommandRun run = CommandRun.of("compare", changed().toString(), linear().toString());

    assertThat(run.status()).as(run.toString()).isEqualTo(ExitStatus.NO);
    assertThat(run.out()).contains("first divergence: ", "cause: model ", "DIVERGES");
  }

  @Test
  void comparesEnginesWithEachOther() {
    CommandRun run = CommandRun.of("compare", changed().toString(), linear().toString(), "--against", "cpu", "--no-cause");

    assertThat(run.status()).as(run.toString()).isEqualTo(ExitStatus.NO);
    assertThat(run.out()).contains("first divergence: ").doesNotContain("cause");
  }

  @Test
  void saysWhatIsWrongWithItsArguments() {
    assertThat(CommandRun.of("compare", "missing.onnx"))
        .satisfies(run -> assertThat(run.status()).isEqualTo(ExitStatus.UNUSABLE))
        .satisfies(run -> assertThat(run.err()).contains("missing.onnx: no such file"));
    assertThat(CommandRun.of("compare", linear().toString(), "--threshold", "-1").err()).contains("--threshold: -1.0");
    assertThat(CommandRun.of("compare", linear().toString(), "--against", "tpu").err()).contains("tpu");
    assertThat(CommandRun.of("compare", linear().toString(), Fixture.model(folder, "relu").toString()).status())
        .isEqualTo(ExitStatus.UNUSABLE);
  }
}

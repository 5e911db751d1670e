package dev.slipway.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.ValueId;
import dev.slipway.onnx.OnnxWriter;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConformanceRunnerTest {
  /** TensorProto of float32[1]: dims 1, data_type 1, raw_data. */
  private static final byte[] ONE = {8, 1, 16, 1, 74, 4, 0, 0, (byte) 0x80, 0x3F};
  private static final byte[] TWO = {8, 1, 16, 1, 74, 4, 0, 0, 0, 0x40};

  @TempDir Path data;

  @BeforeEach
  void writeTests() throws IOException {
    test("test_right", ONE, ONE);
    test("test_second_set_wrong", ONE, ONE, ONE, TWO);
    test("test_wrong", ONE, TWO);
  }

  private void test(String name, byte[]... files) throws IOException {
    Path folder = Files.createDirectories(data.resolve("node").resolve(name));
    GraphBuilder builder = new GraphBuilder(name);
    ValueId x = builder.input("x", TensorType.of(DType.FLOAT32, 1));
    builder.output("y", builder.add(Operators.get("Relu").create(Attributes.NONE), x));
    OnnxWriter.write(builder.build(), folder.resolve("model.onnx"));
    for (int i = 0; i < files.length; i += 2) {
      Path set = Files.createDirectory(folder.resolve("test_data_set_" + i / 2));
      Files.write(set.resolve("input_0.pb"), files[i]);
      Files.write(set.resolve("output_0.pb"), files[i + 1]);
    }
  }

  private ConformanceReport run(String unsupported) {
    return new ConformanceRunner("reference", Execution.reference(), UnsupportedTests.parse(unsupported)).run(data);
  }

  @Test
  void runsEveryDataSet() {
    ConformanceReport report = run("");
    assertThat(report.passed()).containsExactly("node/test_right");
    assertThat(report.failed()).extracting(ConformanceReport.Finding::test)
        .containsExactly("node/test_second_set_wrong", "node/test_wrong");
    assertThat(report.isPassed()).isFalse();
  }

  @Test
  void expectsUnsupportedTestsToFail() {
    ConformanceReport report = run("node/test_.*wrong: a reason");
    assertThat(report.unsupported()).hasSize(2);
    assertThat(report.isPassed()).isTrue();
    assertThat(report.json()).isEqualTo("{\"backend\": \"reference\", \"passed\": 1, \"failed\": 0, \"unsupported\": 2,"
        + " \"failures\": [], \"reasons\": {\"node/test_second_set_wrong\": \"a reason\","
        + " \"node/test_wrong\": \"a reason\"}}");
  }

  @Test
  void countsWhatPassesByChanceAsUnsupported() {
    ConformanceReport report = run("?node/test_right: a reason\nnode/.*: another");
    assertThat(report.unsupported()).hasSize(3);
    assertThat(report.isPassed()).isTrue();
  }

  @Test
  void failsWhereAnUnsupportedTestPasses() {
    ConformanceReport report = run("node/test_right: a reason\nnode/.*: another");
    assertThat(report.failed()).singleElement().satisfies(finding -> assertThat(finding.reason())
        .isEqualTo("passed (expected: unsupported, a reason; take it off the list of unsupported tests)"));
  }

  @Test
  void filtersAndLogs() {
    List<String> log = new ArrayList<>();
    new ConformanceRunner("reference", Execution.reference()).run(data, Pattern.compile("wrong$"), log::add);
    assertThat(log).hasSize(2).allSatisfy(line -> assertThat(line).contains("element 0: 1.0 (expected: 2.0)"));
  }

  @Test
  void refusesFolderWithoutTests() {
    Path elsewhere = data.resolve("node");
    assertThatThrownBy(() -> new ConformanceRunner("reference", Execution.reference()).run(elsewhere))
        .isInstanceOf(SlipwayException.class).hasMessageContaining("expected: the folder onnx/backend/test/data");
  }
}

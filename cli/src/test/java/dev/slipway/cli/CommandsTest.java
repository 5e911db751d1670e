package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Every command does its work on small models, and its JSON has the keys that others rely on. */
class CommandsTest {
  @TempDir private Path folder;

  private String model(String name) {
    return Fixture.model(folder, name).toString();
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  private static CommandRun done(String... args) {
    CommandRun run = CommandRun.of(args);
    assertThat(run.status()).as(run.toString()).isZero();
    return run;
  }

  private static List<String> keys(JsonNode node) {
    return List.copyOf(node.propertyNames());
  }

  @Test
  void envPrintsWhatIsRead() {
    JsonNode json = done("env", "--json", "-").json();
    assertThat(keys(json)).contains("jdk", "cpu", "cpuFeatures", "vectorModule", "backends", "environment", "properties");
    assertThat(keys(json.get("environment"))).contains("JAVA_HOME", "SLIPWAY_JAVA_HOME", "JAVA25_HOME",
        "JAVA_HOME_25_X64", "SLIPWAY_JAVA_OPTIONS");
    assertThat(keys(json.get("properties"))).contains("slipway.shared");
    assertThat(json.get("backends").get("reference").get("usable").asBoolean()).isTrue();
    assertThat(done("env").out()).contains("SLIPWAY_JAVA_OPTIONS").contains("reference");
  }

  @Test
  void inspectCountsAModel() {
    JsonNode json = done("inspect", model("linear"), "--shapes", "x:5x3", "--nodes", "--json", "-").json();
    assertThat(json.get("parameters").asInt()).isEqualTo(6);
    assertThat(json.get("operators").get("MatMul").asInt()).isEqualTo(1);
    assertThat(json.get("flops").asLong()).isEqualTo(2 * 5 * 3 * 2 + 5 * 2);
    assertThat(json.get("nodeList").size()).isEqualTo(2);
  }

  @Test
  void inspectPrintsSymbolsAsExpressions() {
    assertThat(done("inspect", model("linear")).out()).contains("float32[N, 3]").contains("FLOPs       14*N, MACs 6*N");
  }

  @Test
  void inspectTellsWhy() {
    JsonNode json =
        done("inspect", model("linear"), "--why", "m", "--target", "reference", "--quiet", "--json", "-").json();
    assertThat(keys(json)).containsExactly("node", "runsIn", "tactic", "reasons");
    assertThat(json.get("runsIn").asString()).isEqualTo("m");
  }

  @Test
  void buildWritesAPlanThatRuns() {
    JsonNode json = done("build", "--onnx=" + model("linear"), "--saveEngine=" + path("l.plan"), "--minShapes=x:1x3",
        "--optShapes=x:2x3", "--maxShapes=x:4x3", "--target", "reference", "--quiet", "--json", "-").json();
    assertThat(keys(json)).contains("plan", "backend", "device", "precision", "modelDigest", "nodesBefore", "nodesAfter",
        "kernels", "buildSeconds", "weightBytes", "workspaceBytes", "planBytes");
    assertThat(json.get("modelDigest").asString()).hasSize(64);
    JsonNode plan = done("inspect", path("l.plan"), "--nodes", "--json", "-").json();
    assertThat(plan.get("profiles").get(0).get("x").get("opt").toString()).isEqualTo("[2,3]");
    assertThat(plan.get("tunedForThisDevice").asBoolean()).isTrue();
    Path input = Fixture.array(folder, "x", Tensor.of(new float[] {1, 1, 1, 0, 0, 1, 2, 0, 0}, 3, 3));
    done("run", path("l.plan"), "--input", "x=" + input, "--output-dir", path("out"));
    Tensor output = (Tensor) TensorFile.read(folder.resolve("out/y.npy"), "y", Tensor.scalar(0f).type());
    assertThat(output.dims()).containsExactly(3, 2);
    assertThat(output.toFloats()).containsExactly(3.5f, 2, 1, 3, 1, 0);
  }

  @Test
  void runTakesTheUsualShapesForRandomInputs() {
    assertThat(done("run", model("linear"), "--random-seed", "1", "--target", "reference").out())
        .contains("float32[1, 2]");
    done("build", model("linear"), "-o", path("l.plan"), "--shapes", "x:3x3", "--target", "reference");
    assertThat(done("run", path("l.plan"), "--random-seed", "1").out()).contains("float32[3, 2]");
  }

  @Test
  void buildLeavesNoFileWhereItIsRefused() {
    CommandRun run = CommandRun.of("build", model("linear"), "-o", path("l.plan"), "--memory-limit", "30", "--target",
        "reference", "--quiet");
    assertThat(run.status()).isEqualTo(ExitStatus.UNUSABLE);
    assertThat(run.err()).contains("--memory-limit: weights and workspace take");
    assertThat(folder.resolve("l.plan")).doesNotExist();
  }

  @Test
  void runComparesWithWhatIsExpected() {
    Path input = Fixture.array(folder, "x", Tensor.of(new float[] {-1, 2, -3, 4, 0, 6}, 2, 3));
    Path right = Fixture.array(folder, "right", Tensor.of(new float[] {0, 2, 0, 4, 0, 6}, 2, 3));
    Path wrong = Fixture.array(folder, "wrong", Tensor.of(new float[] {0, 2, 0, 4, 0, 7}, 2, 3));
    String model = model("relu");
    assertThat(CommandRun.of("run", model, "--input", "x=" + input, "--expect", "y=" + right, "--target", "reference")
        .status()).isEqualTo(ExitStatus.DONE);
    CommandRun differs =
        CommandRun.of("run", model, "--input", input.toString(), "--expect", "y=" + wrong, "--target", "reference");
    assertThat(differs.status()).isEqualTo(ExitStatus.NO);
    assertThat(differs.out()).contains("FAILED: 1 of 6 elements");
    assertThat(CommandRun.of("run", model, "--input", input.toString(), "--expect", "y=" + wrong, "--atol", "1",
        "--target", "reference").status()).isEqualTo(ExitStatus.DONE);
  }

  @Test
  void checkPassesAndFails() throws IOException {
    String model = model("relu");
    JsonNode json =
        done("check", model, "--data", Fixture.reluZip(folder).toString(), "--target", "reference", "--json", "-", "--quiet")
            .json();
    assertThat(json.get("passed").asBoolean()).isTrue();
    assertThat(keys(json.get("outputs").get(0))).contains("dataSet", "name", "maxAbs", "maxRel", "passed");
    assertThat(json.get("outputs").get(0).get("dataSet").asString()).isEqualTo("test_data_set_0");
    Path wrong = Fixture.reluData(folder.resolve("wrong"), 0.5f);
    CommandRun failed = CommandRun.of("check", model, "--data", wrong.toString(), "--target", "reference");
    assertThat(failed.status()).isEqualTo(ExitStatus.NO);
    assertThat(failed.out()).contains("0.500").contains("FAILED");
    done("check", model, "--data", wrong.toString(), "--target", "reference", "--min-cosine", "0.99");
  }

  @Test
  void benchMeasures() throws IOException {
    JsonNode json = done("bench", model("linear"), "--batch", "2", "--streams", "2", "--duration", "0.05", "--warmUp",
        "1", "--iterations", "3", "--exportTimes", path("times.json"), "--exportProfile", path("profile.json"),
        "--target", "reference", "--quiet", "--json", "-").json();
    assertThat(keys(json)).containsExactly("model", "backend", "device", "precision", "threads", "streams", "devices", "shapes",
        "iterations", "latencyMs", "throughputPerSecond", "buildSeconds", "loadMs", "weightBytes", "workspaceBytes", "copyMs",
        "disturbance");
    assertThat(keys(json.get("latencyMs"))).containsExactly("min", "mean", "median", "p90", "p95", "p99", "max");
    assertThat(json.get("shapes").get("x").toString()).isEqualTo("[2,3]");
    assertThat(json.get("iterations").asInt()).isGreaterThanOrEqualTo(6);
    assertThat(Files.readString(folder.resolve("times.json"))).startsWith("[{\"startEnqMs\":").contains("\"latencyMs\":");
    assertThat(Files.readString(folder.resolve("profile.json"))).startsWith("[{\"count\":20},{\"name\":\"m\",\"timeMs\":");
  }

  @Test
  void benchAsksAtARate() {
    JsonNode json = done("bench", model("linear"), "--rate", "500", "--duration", "0.1", "--warm-up", "1", "--target",
        "reference", "--quiet", "--json", "-").json();
    assertThat(json.get("ratePerSecond").asDouble()).isEqualTo(500);
    assertThat(json.get("serviceMs").get("median").asDouble()).isPositive();
    assertThat(json.get("latencyMs").get("max").asDouble())
        .isGreaterThanOrEqualTo(json.get("serviceMs").get("max").asDouble());
    assertThat(done("bench", path("linear.onnx"), "--rate", "100", "--duration", "0.05", "--warm-up", "1", "--target",
        "reference").out()).contains("from when a run was due", "runs/s asked for");
  }

  @Test
  void benchComparesTwoModels() {
    JsonNode json = done("bench", model("linear"), "--against", path("linear.onnx"), "--duration", "0.1", "--warm-up", "1",
        "--target", "reference", "--quiet", "--json", "-").json();
    assertThat(keys(json)).containsExactly("model", "against", "device", "threads", "shapes", "samples", "medianMs",
        "againstMs", "ratio", "disturbance");
    assertThat(json.get("samples").asInt()).isGreaterThanOrEqualTo(15);
    assertThat(json.get("ratio").get("low").asDouble()).isLessThanOrEqualTo(json.get("ratio").get("high").asDouble());
    assertThat(done("bench", path("linear.onnx"), "--against-precision", "fp32", "--duration", "0.1", "--warm-up", "1",
        "--target", "reference").out()).contains("ratio  ", "95 % confidence");
  }

  @Test
  void benchSaysHowToAddThePeer() {
    CommandRun run = CommandRun.of("bench", model("linear"), "--against", "onnxruntime", "--peer-jar", path("none.jar"),
        "--target", "reference");
    assertThat(run.status()).isEqualTo(ExitStatus.UNUSABLE);
    assertThat(run.err()).contains("no file", "com.microsoft.onnxruntime:onnxruntime", "SLIPWAY_ONNXRUNTIME_JAR");
    assertThat(CommandRun.of("bench", path("linear.onnx"), "--against", "onnxruntime", "--peer-jar", path("linear.onnx"),
        "--target", "reference").err()).contains("has no ai.onnxruntime");
  }

  @Test
  void profileShowsLayers() throws IOException {
    JsonNode json = done("profile", model("linear"), "--batch", "2", "--duration", "0.05", "--warm-up", "1", "--trace",
        path("trace.json"), "--exportProfile", path("steps.json"), "--target", "reference", "--quiet", "--json", "-").json();
    assertThat(keys(json)).containsExactly("model", "device", "precision", "threads", "streams", "runs", "ms", "plainMs",
        "overhead", "layerMs", "layerShare", "restMs", "runMs", "layers", "shapes", "disturbance");
    JsonNode product = json.get("layers").get(0);
    assertThat(product.get("operator").asString()).isEqualTo("MatMul");
    assertThat(product.get("macs").asLong()).isEqualTo(2 * 3 * 2);
    assertThat(product.get("bytesRead").asLong()).isEqualTo(4 * (2 * 3 + 3 * 2));
    assertThat(product.get("bound").asString()).isEqualTo("unknown");
    assertThat(Files.readString(folder.resolve("trace.json"))).contains("traceEvents", "\"ph\" : \"X\"");
    assertThat(Files.readString(folder.resolve("steps.json"))).startsWith("[{\"count\":");
    assertThat(done("profile", path("linear.onnx"), "--duration", "0.05", "--warm-up", "1", "--target", "reference").out())
        .contains("timing costs", "layers      2", "rest        inputs", "MFLOPs");
  }

  @Test
  void viewWritesAPage() throws IOException {
    assertThat(done("view", model("redundant"), "-o", path("page.html")).out()).contains("wrote ");
    assertThat(Files.readString(folder.resolve("page.html")))
        .contains("<title>redundant.onnx", "\"title\":\"Model\"", "\"title\":\"Optimised\"");
    assertThat(CommandRun.of("view", path("redundant.onnx"), "--port", "70000").err()).contains("--port: 70000");
  }

  @Test
  void simplifyProvesEquivalence() {
    JsonNode json = done("simplify", model("redundant"), path("out.onnx"), "--quiet", "--json", "-").json();
    assertThat(json.get("nodesBefore").asInt()).isEqualTo(3);
    assertThat(json.get("nodesAfter").asInt()).isEqualTo(1);
    assertThat(json.get("equal").asBoolean()).isTrue();
    assertThat(done("inspect", path("out.onnx")).out()).contains("nodes   1: Relu 1");
    CommandRun stopped =
        done("simplify", path("redundant.onnx"), path("out.onnx"), "--stop-after", "1", "--log", "--quiet");
    assertThat(stopped.out()).startsWith("EliminateIdentity: ");
    assertThat(done("inspect", path("out.onnx")).out()).contains("nodes   2:");
  }

  @Test
  void quantizeWritesPairsAndWhatItFound() throws IOException {
    Path row = Fixture.array(folder, "row", Tensor.of(new float[] {1, -2, 3}, 1, 3));
    JsonNode json = done("quantize", model("linear"), path("int8.onnx"), "--data", row.toString(), "--target",
        "reference", "--quiet", "--json", "-", "--repair", "all", "--sensitivity", path("layers.json")).json();
    assertThat(keys(json)).containsExactly("model", "output", "bytesBefore", "bytesAfter", "layers", "float", "repairs",
        "notes", "accuracy");
    assertThat(json.get("layers").toString()).isEqualTo("[\"m\"]");
    assertThat(json.get("repairs").size()).isEqualTo(4);
    assertThat(Files.readString(folder.resolve("layers.json"))).contains("\"ranking\"", "\"aloneDb\"", "\"cumulative\"");
    assertThat(done("inspect", path("int8.onnx")).out()).contains("QuantizeLinear 1", "DequantizeLinear 2");
    done("quantize", path("linear.onnx"), path("plain.onnx"), "--data", row.toString(), "--target", "reference",
        "--quiet", "--calibration-cache", path("ranges.cache"));
    assertThat(Files.readString(folder.resolve("ranges.cache"))).startsWith("TRT-8601-MinMaxCalibration\nx: ");
    done("quantize", path("linear.onnx"), path("again.onnx"), "--calibration-cache", path("ranges.cache"));
    assertThat(done("inspect", path("again.onnx")).out()).contains("QuantizeLinear 1");
  }

  @Test
  void calibrationThatFailsLeavesNothing() throws IOException {
    Path samples = Files.createDirectory(folder.resolve("samples"));
    Fixture.array(samples, "1", Tensor.of(new float[] {1, -2, 3}, 1, 3));
    Fixture.array(samples, "2", Tensor.of(new float[] {1, Float.NaN, 3}, 1, 3));
    CommandRun run = CommandRun.of("quantize", model("linear"), path("int8.onnx"), "--data", samples.toString(),
        "--target", "reference", "--quiet", "--calibration-cache", path("ranges.cache"));
    assertThat(run.status()).isEqualTo(ExitStatus.UNUSABLE);
    assertThat(run.err()).contains("2.npy: input x holds NaN");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder("linear.onnx", "samples");
    }
  }

  @Test
  void aMissingBackendIsTheEnvironmentsFault() {
    CommandRun run = CommandRun.of("run", model("relu"), "--random-seed", "1", "--target", "cuda");
    assertThat(run.status()).isEqualTo(ExitStatus.ENVIRONMENT);
    assertThat(run.err()).startsWith("slipway: backend").contains("cuda");
  }

  @Test
  void debugPrintsTheStackTrace() {
    assertThat(CommandRun.of("inspect", path("nothing.onnx"), "--debug").err()).contains("\tat dev.slipway");
    assertThat(CommandRun.of("inspect", path("nothing.onnx")).err().lines()).hasSize(1);
  }
}

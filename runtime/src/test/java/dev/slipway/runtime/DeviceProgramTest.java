package dev.slipway.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Plan;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphParser;
import dev.slipway.graph.Interpreter;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DeviceProgramTest {
  private static final Set<String> ON_DEVICE = Set.of("Relu", "Add", "Neg");

  private final FakeDevice device = new FakeDevice(ON_DEVICE);

  /** Runs three times, so that recordings run too, and compares with the interpreter; gives the third run's copies. */
  private List<String> check(String text) {
    Graph graph = graph(text);
    Plan.Manifest manifest = new Plan.Manifest("test", "", "fp32", List.of(), Map.of());
    Plan plan = new Plan(manifest, () -> graph, Optional.empty());
    SplittableRandom random = new SplittableRandom(7);
    try (Engine engine = Engine.of(plan, device);
        ExecutionContext context = engine.newContext()) {
      for (int run = 0; run < 3; run++) {
        device.log.clear();
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        engine.inputs().forEach((name, type) -> inputs.put(name, random((TensorType) type, random)));
        Map<String, Tensor> actual = context.run(inputs);
        List<Datum> expected = new Interpreter().run(graph, List.copyOf(inputs.values()));
        List<String> names = List.copyOf(graph.outputs().keySet());
        for (int i = 0; i < names.size(); i++) {
          assertThat(actual.get(names.get(i)).toFloats()).isEqualTo(((Tensor) expected.get(i)).toFloats());
        }
      }
    }
    assertThat(device.openQueues).isZero();
    assertThat(device.openRecordings).isZero();
    return device.log;
  }

  private static Graph graph(String body) {
    return GraphParser.parse("graph test {\n" + body + "}\n", Operators::get);
  }

  private static Tensor random(TensorType type, SplittableRandom random) {
    Tensor tensor = Tensor.allocate(type);
    float[] values = new float[(int) tensor.elementCount()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    tensor.set(values);
    return tensor;
  }

  @Test
  void keepsEverythingOnTheDeviceWhereItHasAllKernels() {
    assertThat(check("""
        input x: float32[2, 3]
        a = Relu(x)
        b = Add(a, x)
        c = Neg(b)
        output "c" = c
        """)).containsExactly("upload 24", "download 24");
  }

  @Test
  void copiesWhatAStepOnTheHostReadsAndWrites() {
    assertThat(check("""
        input x: float32[2, 3]
        a = Relu(x)
        b = Cos(a)
        c = Add(a, b)
        output "c" = c
        """)).containsExactly("upload 24", "download 24", "upload 24", "download 24");
  }

  @Test
  void leavesValuesOnTheHostThatOnlyTheHostUses() {
    assertThat(check("""
        input x: float32[2, 3]
        a = Relu(x)
        b = Cos(a)
        c = Sin(b)
        d = Tan(c)
        output "d" = d
        """)).containsExactly("upload 24", "download 24");
  }

  @Test
  void readsInputsOnTheHostWhereTheyAre() {
    assertThat(check("""
        input x: float32[2, 3]
        b = Cos(x)
        output "b" = b
        """)).isEmpty();
  }

  @Test
  void joinsPartsOfBothSides() {
    check("""
        input x: float32[2, 3]
        a = Relu(x)
        b = Cos(x)
        c = Concat(a, b, x) {axis = 0}
        d = Sin(c)
        e = Neg(c)
        output "d" = d
        output "e" = e
        output "c" = c
        """);
  }

  @Test
  void takesPartsOfWhatTheHostWrote() {
    check("""
        input x: float32[4, 3]
        a = Cos(x)
        b, c = Split(a) {axis = 0, num_outputs = 2}
        d = Neg(b)
        e = Sin(c)
        f = Add(d, e)
        output "f" = f
        output "b" = b
        """);
  }

  @Test
  void readsAndWritesMemoryOfTheContextInPlace() {
    try (Engine engine = engine("""
            input x: float32[2, 3]
            y = Neg(x)
            output "y" = y
            """);
        ExecutionContext context = engine.newContext()) {
      Tensor x = context.allocate(TensorType.of(DType.FLOAT32, 2, 3));
      Tensor y = context.allocate(x.type());
      Tensor elsewhere = Tensor.allocate(x.type());
      x.set(new float[] {1, 2, 3, 4, 5, 6});
      assertThat(context.run(Map.of("x", x), Map.of("y", y)).get("y")).isSameAs(y);
      assertThat(context.run(Map.of("x", x), Map.of("y", elsewhere)).get("y")).isSameAs(elsewhere);
      assertThat(y.toFloats()).containsExactly(-1, -2, -3, -4, -5, -6).containsExactly(elsewhere.toFloats());
    }
  }

  @Test
  void copiesLargeInputsPieceByPiece() {
    try (Engine engine = engine("""
            input x: float32[1000, 1000]
            y = Neg(x)
            output "y" = y
            """);
        ExecutionContext context = engine.newContext()) {
      Tensor x = random(TensorType.of(DType.FLOAT32, 1000, 1000), new SplittableRandom(3));
      Tensor y = context.run(Map.of("x", x)).get("y");
      assertThat(device.log).filteredOn(line -> line.startsWith("upload"))
          .containsExactly("upload 2097152", "upload 1902848");
      for (int i = 0; i < 1_000_000; i += 999) {
        assertThat(y.getDouble(i)).isEqualTo(-x.getDouble(i));
      }
    }
  }

  @Test
  void keepsMemoryForTheShapesOfTheLastRuns() {
    try (Engine engine = engine("""
            input x: float32[N]
            y = Neg(x)
            output "y" = y
            """);
        ExecutionContext context = engine.newContext()) {
      for (int round = 0; round < 2; round++) {
        for (int size = 1; size <= 40; size++) {
          Tensor x = random(TensorType.of(DType.FLOAT32, size), new SplittableRandom(size));
          for (int run = 0; run < 3; run++) {
            float[] y = context.run(Map.of("x", x)).get("y").toFloats();
            for (int i = 0; i < size; i++) {
              assertThat(y[i]).isEqualTo(-(float) x.getDouble(i));
            }
          }
        }
      }
      assertThat(device.openRecordings).isEqualTo(32);
      assertThat(device.openAllocations).as("workspace, input, output, and on the host input and output of each")
          .isEqualTo(5 * 32);
    }
    assertThat(device.openRecordings).isZero();
    assertThat(device.openAllocations).isZero();
  }

  private Engine engine(String body) {
    Graph graph = graph(body);
    return Engine.of(
        new Plan(new Plan.Manifest("test", "", "fp32", List.of(), Map.of()), () -> graph, Optional.empty()), device);
  }

  @Test
  void timesEveryStep() {
    try (Engine engine = engine("""
            input x: float32[2, 3]
            a = Relu(x)
            b = Cos(a)
            c = Add(a, b)
            output "c" = c
            """);
        ExecutionContext context = engine.newContext()) {
      for (int i = 0; i < 2; i++) {
        RunTime time = context.timedRun(Map.of("x", Tensor.allocate(DType.FLOAT32, 2, 3)));
        assertThat(time.steps()).extracting(StepTime::tactic)
            .containsExactly("fake.evaluate", "reference", "fake.evaluate");
        assertThat(time.steps()).extracting(StepTime::start).isSorted().allMatch(start -> start >= 0);
        assertThat(time.copies()).extracting(RunTime.CopyTime::toDevice).containsExactly(true, false);
        assertThat(time.copies().getLast().start()).isGreaterThanOrEqualTo(time.steps().getLast().start());
      }
    }
  }
}

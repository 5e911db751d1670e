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
  void timesEveryStep() {
    Graph graph = graph("""
        input x: float32[2, 3]
        a = Relu(x)
        b = Cos(a)
        c = Add(a, b)
        output "c" = c
        """);
    Plan.Manifest manifest = new Plan.Manifest("test", "", "fp32", List.of(), Map.of());
    Plan plan = new Plan(manifest, () -> graph, Optional.empty());
    try (Engine engine = Engine.of(plan, device);
        ExecutionContext context = engine.newContext()) {
      List<StepTime> times = context.profile(Map.of("x", Tensor.allocate(DType.FLOAT32, 2, 3)));
      assertThat(times).extracting(StepTime::tactic).containsExactly("fake.evaluate", "reference", "fake.evaluate");
    }
  }
}

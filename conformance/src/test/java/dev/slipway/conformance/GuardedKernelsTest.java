package dev.slipway.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.backend.Plan;
import dev.slipway.backend.cpu.CpuBackendProvider;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.runtime.Engine;
import dev.slipway.runtime.ExecutionContext;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import dev.slipway.testkit.GuardedBackend;
import dev.slipway.testkit.GuardedMemory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * No kernel of the cpu backend reads or writes outside of its tensors, its packed constants and its workspace: that
 * would end this process. For hours: {@link RandomGraphRun} with {@code --guard}.
 */
class GuardedKernelsTest {
  private static final int THREADS = 2;

  @BeforeEach
  void requirePages() {
    assumeTrue(GuardedMemory.isSupported(), "no protected pages on this system");
  }

  @ParameterizedTest
  @EnumSource
  void chainsOfIntegerOperatorsStayInside(GuardedMemory.Edge edge) {
    checkIntegers(edge, 40_000, 12);
  }

  @Tag("slow")
  @ParameterizedTest
  @EnumSource
  void manyChainsOfIntegerOperatorsStayInside(GuardedMemory.Edge edge) {
    checkIntegers(edge, 50_000, 150);
  }

  private static void checkIntegers(GuardedMemory.Edge edge, long firstSeed, int count) {
    try (Backend backend = open()) {
      for (long seed = firstSeed; seed < firstSeed + count; seed++) {
        assertThat(RandomIntegerCheck.failure(seed, new GuardedBackend(backend, edge))).isEmpty();
      }
    }
  }

  @Tag("slow")
  @ParameterizedTest
  @EnumSource
  void randomGraphsStayInside(GuardedMemory.Edge edge) {
    try (Backend backend = open()) {
      for (long seed = 60_000; seed < 60_040; seed++) {
        assertThat(RandomGraphCheck.failure(seed, new GuardedBackend(backend, edge))).isEmpty();
      }
    }
  }

  /** The bits are those of kernels on memory that is not guarded. */
  @Tag("slow")
  @ParameterizedTest
  @CsvSource({
    "squeezenet_qdq_int8, START",
    "squeezenet_qdq_int8, END",
    "yolov8n_int8_qdq_static, START",
    "yolov8n_int8_qdq_static, END",
    "yolov8n_int8_dynamic, START",
    "yolov8n_int8_dynamic, END"
  })
  void quantisedImageModelsStayInside(String name, GuardedMemory.Edge edge) {
    TestModel model = TestModel.shared(name);
    check(model, GoldenSet.of(model).getFirst().inputs(), edge);
  }

  @Tag("slow")
  @ParameterizedTest
  @CsvSource({"1, START", "1, END", "2, START", "2, END", "8, START", "8, END"})
  void aQuantisedTransformerStaysInside(int batch, GuardedMemory.Edge edge) {
    Random random = new Random(batch);
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    inputs.put("input_ids", tokens(random, 1000, batch));
    inputs.put("attention_mask", tokens(random, 1, batch));
    inputs.put("token_type_ids", tokens(random, 0, batch));
    check(TestModel.MINILM_QUANTISED, inputs, edge);
  }

  private static Tensor tokens(Random random, int smallest, int batch) {
    int length = 37;
    Tensor tokens = Tensor.allocate(DType.INT64, batch, length);
    for (long i = 0; i < tokens.elementCount(); i++) {
      tokens.setLong(i, smallest < 1000 ? smallest : smallest + random.nextInt(19_000));
    }
    return tokens;
  }

  private static void check(TestModel model, Map<String, Tensor> inputs, GuardedMemory.Edge edge) {
    try (Backend backend = open()) {
      Map<String, Tensor> expected = run(model, inputs, backend);
      Map<String, Tensor> guarded = run(model, inputs, new GuardedBackend(backend, edge));
      expected.forEach((name, tensor) -> assertThat(guarded.get(name).toFloats()).as(name).isEqualTo(tensor.toFloats()));
    }
  }

  private static Map<String, Tensor> run(TestModel model, Map<String, Tensor> inputs, Backend backend) {
    OptimizationProfile profile = new OptimizationProfile(TestEngines.ranges(List.of(inputs)));
    BuildOptions options =
        BuildOptions.defaults().withTuning(BuildOptions.Tuning.OFF).withProfiles(List.of(profile));
    Plan plan = new Builder(backend, options).build(model.graph()).plan();
    try (Engine engine = Engine.of(plan, backend);
        ExecutionContext context = engine.newContext()) {
      Map<String, Tensor> copies = new LinkedHashMap<>();
      context.run(inputs).forEach((name, tensor) -> copies.put(name, Tensor.of(tensor.toFloats(), tensor.dims())));
      return copies;
    }
  }

  private static Backend open() {
    return new CpuBackendProvider().open(BackendOptions.withThreads(THREADS));
  }
}

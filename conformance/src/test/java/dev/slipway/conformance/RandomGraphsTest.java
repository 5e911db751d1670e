package dev.slipway.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.cpu.CpuBackendProvider;
import dev.slipway.graph.GraphPrinter;
import dev.slipway.graph.Interpreter;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random graphs through the generators of the cpu backend against the reference: a short run with fixed seeds.
 * {@link RandomGraphRun} goes on for hours.
 */
class RandomGraphsTest {
  private static final String VECTORS = "slipway.cpu.vector";

  @AfterEach
  void clearProperty() {
    System.clearProperty(VECTORS);
  }

  @ParameterizedTest(name = "vectors {0}, threads {1}, from seed {2}")
  @CsvSource({"on, 1, 1000, 8", "on, 2, 2000, 8", "off, 2, 3000, 4"})
  void agreeWithTheReference(String vectors, int threads, long firstSeed, int count) {
    check(vectors, threads, firstSeed, count);
  }

  /** Tiles of several rows or in all registers, sides of partial vectors, one value in several parts, also in blocks. */
  @ParameterizedTest
  @ValueSource(longs = {100000, 100043, 100068, 100071, 708911, 713327})
  void agreeWhereTheyOnceDidNot(long seed) {
    check("on", 2, seed, 1);
  }

  @Tag("slow")
  @ParameterizedTest(name = "vectors {0}, threads {1}, from seed {2}")
  @CsvSource({"on, 2, 10000, 60", "off, 1, 20000, 20"})
  void agreeWithTheReferenceForLonger(String vectors, int threads, long firstSeed, int count) {
    check(vectors, threads, firstSeed, count);
  }

  @ParameterizedTest(name = "vectors {0}, threads {1}, from seed {2}")
  @CsvSource({"on, 1, 1, 20", "on, 2, 1000, 20", "off, 2, 2000, 4"})
  void integersAreEqualBitForBit(String vectors, int threads, long firstSeed, int count) {
    System.setProperty(VECTORS, vectors);
    try (Backend backend = new CpuBackendProvider().open(BackendOptions.withThreads(threads))) {
      for (long seed = firstSeed; seed < firstSeed + count; seed++) {
        assertThat(RandomIntegerCheck.failure(seed, backend)).isEmpty();
      }
    }
  }

  private static void check(String vectors, int threads, long firstSeed, int count) {
    System.setProperty(VECTORS, vectors);
    try (Backend backend = new CpuBackendProvider().open(BackendOptions.withThreads(threads))) {
      for (long seed = firstSeed; seed < firstSeed + count; seed++) {
        assertThat(RandomGraphCheck.failure(seed, backend)).isEmpty();
      }
    }
  }

  @Test
  void areTheSameForTheSameSeed() {
    RandomGraph first = RandomGraph.of(7);
    RandomGraph second = RandomGraph.of(7);

    assertThat(GraphPrinter.print(second.graph())).isEqualTo(GraphPrinter.print(first.graph()));
    assertThat(((Tensor) second.inputs().getFirst()).toFloats())
        .isEqualTo(((Tensor) first.inputs().getFirst()).toFloats());
  }

  @Test
  void useTheOperatorsThatKernelsAreGeneratedFor() {
    Set<String> operators = new TreeSet<>();
    for (long seed = 0; seed < 300; seed++) {
      RandomGraph.of(seed).graph().nodes().forEach(node -> operators.add(node.op().schema().name()));
    }

    assertThat(operators).contains("Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "MatMul",
        "Gemm", "LSTM", "GRU", "Softmax", "LayerNormalization", "BatchNormalization", "Resize", "Concat", "Split", "Pad",
        "Transpose", "ReduceMean", "Relu", "Sigmoid", "Tanh", "Gelu", "Erf", "HardSwish", "LeakyRelu", "PRelu");
  }

  @Test
  void findAnElementThatIsOff() {
    RandomGraph random = RandomGraph.of(1);
    DisturbedReference reference = new DisturbedReference(random.graph(), random.inputs(), 1);
    List<Datum> outputs = new ArrayList<>(new Interpreter().run(random.graph(), random.inputs()));
    Optional<String> agrees = reference.difference(outputs);
    Tensor last = (Tensor) outputs.getLast();
    last.setDouble(last.elementCount() - 1, last.getDouble(last.elementCount() - 1) + 0.01);

    assertThat(agrees).isEmpty();
    assertThat(reference.difference(outputs)).get().asString()
        .startsWith("output " + (outputs.size() - 1) + ", element " + (last.elementCount() - 1));
  }

  @Test
  void findNotANumber() {
    RandomGraph random = RandomGraph.of(2);
    DisturbedReference reference = new DisturbedReference(random.graph(), random.inputs(), 2);
    List<Datum> outputs = new ArrayList<>(new Interpreter().run(random.graph(), random.inputs()));
    ((Tensor) outputs.getFirst()).setDouble(0, Double.NaN);

    assertThat(reference.difference(outputs)).get().asString().startsWith("output 0, element 0");
  }
}

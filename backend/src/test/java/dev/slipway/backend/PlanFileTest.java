package dev.slipway.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPrinter;
import dev.slipway.operators.Network;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanFileTest {
  @TempDir
  Path folder;

  @Test
  void readsWhatItWrites() {
    Path file = folder.resolve("a.plan");
    PlanFile.write(plan(), file);
    try (Arena arena = Arena.ofConfined()) {
      Plan read = PlanFile.read(file, arena);
      assertThat(read.manifest()).usingRecursiveComparison().isEqualTo(plan().manifest());
      assertThat(GraphPrinter.print(read.portable().get())).isEqualTo(GraphPrinter.print(graph()));
      Plan.Tuned tuned = read.tuned().orElseThrow();
      assertThat(GraphPrinter.print(tuned.graph())).isEqualTo(GraphPrinter.print(graph()));
      assertThat(tuned.choices()).isEqualTo(plan().tuned().orElseThrow().choices());
      MemorySegment packed = tuned.packed().get("Conv_0#1#panels");
      assertThat(packed.mismatch(MemorySegment.ofArray(new int[] {1, 2, 3}))).isEqualTo(-1);
      assertThat(packed.address() % 64).isZero();
      assertThat(tuned.artifacts()).containsOnlyKeys("code of a kernel");
      assertThat(tuned.artifacts().get("code of a kernel").toArray(ValueLayout.JAVA_BYTE)).containsExactly(7, 8, 9);
    }
  }

  @Test
  void givesTheSameBytesForTheSamePlan() throws IOException {
    PlanFile.write(plan(), folder.resolve("a.plan"));
    PlanFile.write(plan(), folder.resolve("b.plan"));
    assertThat(folder.resolve("a.plan")).hasSameBinaryContentAs(folder.resolve("b.plan"));
  }

  @Test
  void refusesAPlanThatIsCutAnywhere() throws IOException {
    byte[] whole = bytes();
    Path cut = folder.resolve("cut.plan");
    for (int length = 0; length < whole.length; length += 1 + length / 40) {
      Files.write(cut, Arrays.copyOf(whole, length));
      assertRefused(cut);
    }
  }

  @Test
  void refusesAPlanWithAnyFlippedByte() throws IOException {
    byte[] whole = bytes();
    Path flipped = folder.resolve("flipped.plan");
    int refused = 0;
    for (int at = 0; at < whole.length; at++) {
      byte[] changed = whole.clone();
      changed[at] ^= 0x10;
      Files.write(flipped, changed);
      try (Arena arena = Arena.ofConfined()) {
        PlanFile.read(flipped, arena).portable().get();
      } catch (SlipwayException e) {
        refused++;
      }
    }
    // Padding between sections carries nothing.
    assertThat(refused).isGreaterThan(whole.length / 2);
  }

  @Test
  void namesTheVersionThatItExpects() throws IOException {
    byte[] whole = bytes();
    whole[11] = 99;
    Path other = Files.write(folder.resolve("other.plan"), whole);
    assertThatExceptionOfType(SlipwayException.class)
        .isThrownBy(() -> PlanFile.read(other, Arena.ofAuto()))
        .withMessage("plan " + other + ": version 99 (expected: 2; build the plan again with this version of slipway)");
  }

  @Test
  void leavesNothingBehindWhereItCannotWrite() {
    Path nowhere = folder.resolve("missing/a.plan");
    assertThatExceptionOfType(SlipwayException.class)
        .isThrownBy(() -> PlanFile.write(plan(), nowhere))
        .withMessageContaining("cannot be written");
    assertThat(folder).isEmptyDirectory();
  }

  private byte[] bytes() throws IOException {
    Path file = folder.resolve("whole.plan");
    PlanFile.write(plan(), file);
    return Files.readAllBytes(file);
  }

  private static void assertRefused(Path file) {
    assertThatExceptionOfType(SlipwayException.class)
        .isThrownBy(() -> PlanFile.read(file, Arena.ofAuto()))
        .withMessageContaining(file.toString());
  }

  private static Graph graph() {
    float[] weights = new float[4 * 3 * 3 * 3];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = i / 8f;
    }
    return new Network("tiny")
        .input("x", Dim.symbol("N"), Dim.of(3), Dim.of(8), Dim.of(8))
        .conv(Tensor.of(weights, 4, 3, 3, 3), Tensor.of(new float[4], 4), Network.window().pad(1))
        .relu()
        .output("y");
  }

  private static Plan plan() {
    OptimizationProfile profile = new OptimizationProfile(Map.of(
        "x",
        new OptimizationProfile.Range(new long[] {1, 3, 8, 8}, new long[] {2, 3, 8, 8}, new long[] {4, 3, 8, 8})));
    Plan.Manifest manifest = new Plan.Manifest("tiny", "abc", "fp32", List.of(profile), Map.of("producer", "hand"));
    Arena arena = Arena.ofAuto();
    MemorySegment packed = arena.allocate(12, 64).copyFrom(MemorySegment.ofArray(new int[] {1, 2, 3}));
    Plan.Tuned tuned = new Plan.Tuned(
        "cpu test",
        "a processor",
        graph(),
        Map.of("Conv_0", new Plan.Choice(new TacticId("conv", 2), TuningChoice.parse("oc=2,px=7"), 12.5)),
        Map.of("Conv_0#1#panels", packed),
        Map.of("code of a kernel", MemorySegment.ofArray(new byte[] {7, 8, 9})));
    return new Plan(manifest, PlanFileTest::graph, Optional.of(tuned));
  }
}

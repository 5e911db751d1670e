package dev.slipway.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DisturbanceTest {
  private static final long[] EVEN = LongStream.generate(() -> 100).limit(60).toArray();
  private static final MachineState BEGIN = new MachineState(0, 0, 0, 0, 0, 0, 0);

  @TempDir private Path proc;

  private static MachineState after(long stolen, long busy, long own, long preemptions) {
    return new MachineState(10_000_000_000L, stolen, busy, own, preemptions, 0, 0);
  }

  @Test
  void saysNothingOfAQuietMachine() {
    Disturbance disturbance = Disturbance.between(BEGIN, after(5, 1005, 1000, 10), EVEN);
    assertThat(disturbance.warnings()).isEmpty();
    assertThat(disturbance.json()).containsKeys("stolenSeconds", "otherLoad", "preemptions", "outliers", "drift");
  }

  @Test
  void tellsWhatOthersTook() {
    assertThat(Disturbance.between(BEGIN, after(100, 2000, 1000, 500), EVEN).warnings()).containsExactly(
        "the hypervisor took 10.0 % of a processor",
        "other processes kept 1.00 processors busy",
        "threads were preempted 50 times a second");
  }

  @Test
  void tellsOutliersAndDrift() {
    long[] slower = LongStream.range(0, 60).map(i -> 100 + i).toArray();
    slower[10] = 1000;
    slower[20] = 1000;
    assertThat(Disturbance.between(BEGIN, after(0, 0, 0, 0), slower).warnings()).containsExactly(
        "3.3 % of the runs lie far out", "the median drifted by +35.9 % from the first third to the last");
  }

  @Test
  void readsWhatLinuxCounts() throws IOException {
    Files.writeString(proc.resolve("stat"), """
        cpu  10 20 30 1000 50 6 7 80 0 0
        cpu0 5 10 15 500 25 3 3 40 0 0
        cpu1 5 10 15 500 25 3 4 40 0 0
        intr 12345
        """);
    Path task = Files.createDirectories(proc.resolve("self/task/17"));
    Files.writeString(proc.resolve("self/stat"), "17 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 44 55 0 0\n");
    Files.writeString(task.resolve("status"), "voluntary_ctxt_switches:\t3\nnonvoluntary_ctxt_switches:\t9\n");
    MachineState state = MachineState.read(proc);
    assertThat(state.stolenTicks()).isEqualTo(80);
    assertThat(state.busyTicks()).isEqualTo(10 + 20 + 30 + 6 + 7);
    assertThat(state.ownTicks()).isEqualTo(99);
    assertThat(state.preemptions()).isEqualTo(9);
  }

  @Test
  void countsNothingWhereThereIsNothing() {
    assertThat(MachineState.read(proc.resolve("none")).busyTicks()).isZero();
  }
}

package dev.slipway.builder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

class InterleavedTimerTest {
  private static final long MILLISECOND = 1_000_000;
  private static final InterleavedTimer.Effort EFFORT =
      new InterleavedTimer.Effort(5, 20, MILLISECOND, 1000 * MILLISECOND, 5 * MILLISECOND, 100 * MILLISECOND);

  private final FakeTime time = new FakeTime();
  private final InterleavedTimer timer = new InterleavedTimer(time, EFFORT);
  private final List<String> runs = new ArrayList<>();

  /** Takes so many nanoseconds in its n-th run. */
  private final class Work implements InterleavedTimer.Contestant {
    final String name;
    final boolean warmsUp;
    final IntToLongFunction nanos;
    int count;

    Work(String name, boolean warmsUp, IntToLongFunction nanos) {
      this.name = name;
      this.warmsUp = warmsUp;
      this.nanos = nanos;
    }

    @Override
    public void run(int turn) {
      assertThat(turn).isEqualTo(count);
      time.pass(nanos.applyAsLong(count++));
      runs.add(name);
    }

    @Override
    public boolean warmsUp() {
      return warmsUp;
    }
  }

  private Work steady(String name, long nanos) {
    return new Work(name, false, run -> nanos);
  }

  @Test
  void measuresMicroseconds() {
    assertThat(timer.micros(List.of(steady("a", 2_000_000), steady("b", 500)))).containsExactly(2000, 0.5);
  }

  @Test
  void takesContestantsInTurn() {
    timer.micros(List.of(steady("a", MILLISECOND), steady("b", MILLISECOND), steady("c", MILLISECOND)));
    assertThat(String.join("", runs)).endsWith("abcabcabcabc");
  }

  @Test
  void throwsDisturbedSamplesAway() {
    Work disturbed = new Work("a", false, run -> {
      if (run % 4 == 0) {
        return MILLISECOND;
      }
      time.disturb();
      return 7 * MILLISECOND;
    });
    assertThat(timer.micros(List.of(disturbed, steady("b", 2 * MILLISECOND)))).containsExactly(1000, 2000);
  }

  @Test
  void takesDisturbedSamplesWhereThereAreNoOthers() {
    Work disturbed = new Work("a", false, run -> {
      time.disturb();
      return 3 * MILLISECOND;
    });
    assertThat(timer.micros(List.of(disturbed))).containsExactly(3000);
  }

  @Test
  void waitsUntilTheTimesSettle() {
    Work compiled = new Work("a", true, run -> run < 4 ? MILLISECOND : run < 12 ? MILLISECOND / 2 : 20_000);
    assertThat(timer.micros(List.of(compiled))[0]).isCloseTo(20, within(0.1));
  }

  @Test
  void waitsWhileTheCompilerWorks() {
    Work compiled = new Work("a", true, run -> {
      if (run < 40) {
        time.compile();
        return MILLISECOND;
      }
      return MILLISECOND / 10;
    });
    assertThat(timer.micros(List.of(compiled))[0]).isCloseTo(100, within(0.1));
  }

  @Test
  void waitsLongerForWhoeverIsMuchSlowerThanOthers() {
    Work queued = new Work("a", true, run -> run < 30 ? MILLISECOND : MILLISECOND / 10);
    assertThat(timer.micros(List.of(queued, steady("b", MILLISECOND / 10)))[0]).isCloseTo(100, within(0.1));
  }

  @Test
  void doesNotWaitForEver() {
    Work never = new Work("a", true, run -> {
      time.compile();
      return MILLISECOND;
    });
    timer.micros(List.of(never));
    assertThat(never.count).isLessThan(100 + 2 * EFFORT.mostSamples());
  }

  @Test
  void doesNotWarmMachineCodeForLong() {
    Work code = steady("a", 100_000);
    timer.micros(List.of(code));
    assertThat(code.count).isLessThan(20 + 10 * EFFORT.fewestSamples());
  }

  @Test
  void losersDropOut() {
    Work slow = steady("a", 20 * MILLISECOND);
    Work near = steady("b", 1_100_000);
    Work best = steady("c", MILLISECOND);
    assertThat(timer.micros(List.of(slow, near, best))).containsExactly(20_000, 1100, 1000);
    assertThat(slow.count).isLessThan(near.count);
    assertThat(near.count).isLessThanOrEqualTo(best.count);
  }

  @Test
  void endsWhenItsTimeIsUp() {
    Work noisy = new Work("a", false, run -> (100 + run * 37 % 50) * MILLISECOND);
    Work other = new Work("b", false, run -> (100 + run * 41 % 50) * MILLISECOND);
    timer.micros(List.of(noisy, other));
    assertThat(time.nanos()).isLessThan(2 * EFFORT.limit());
    assertThat(noisy.count).isLessThan(EFFORT.mostSamples());
  }
}

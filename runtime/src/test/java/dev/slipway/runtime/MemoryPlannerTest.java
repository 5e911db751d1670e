package dev.slipway.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryPlannerTest {

  @Test
  void rootsThatFollowEachOtherShareMemory() {
    List<Root> roots = List.of(root(1000, 0, 1), root(1000, 2, 3), root(1000, 4, 5));
    assertThat(MemoryPlanner.plan(roots)).isEqualTo(1000);
    assertThat(roots).allMatch(root -> root.workspaceOffset == 0);
  }

  @Test
  void rootsThatMeetInAStepDoNotOverlap() {
    List<Root> roots = List.of(root(100, 0, 1), root(100, 1, 2));
    assertThat(MemoryPlanner.plan(roots)).isEqualTo(128 + 100);
  }

  @Test
  void nothingNeedsNothing() {
    assertThat(MemoryPlanner.plan(List.of())).isZero();
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void randomRootsNeverOverlapWhileTheyLive(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Root> roots = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      int first = random.nextInt(40);
      roots.add(root(1 + random.nextInt(5000), first, first + random.nextInt(8)));
    }
    long total = MemoryPlanner.plan(roots);
    for (Root a : roots) {
      assertThat(a.workspaceOffset % 64).isZero();
      assertThat(a.workspaceOffset + a.bytes).isLessThanOrEqualTo(total);
      for (Root b : roots) {
        boolean meet = a != b && a.firstStep <= b.lastStep && b.firstStep <= a.lastStep;
        boolean overlap = a.workspaceOffset < b.workspaceOffset + b.bytes
            && b.workspaceOffset < a.workspaceOffset + a.bytes;
        assertThat(meet && overlap).isFalse();
      }
    }
  }

  private static Root root(long bytes, int firstStep, int lastStep) {
    Root root = new Root(Root.Kind.WORKSPACE, 0, bytes);
    root.use(firstStep);
    root.use(lastStep);
    return root;
  }
}

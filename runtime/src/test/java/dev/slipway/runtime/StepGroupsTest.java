package dev.slipway.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StepGroupsTest {
  private static final int BYTES = 100;

  @Test
  void branchesOfShortStepsRunSideBySide() {
    Root x = root();
    Root left = root();
    Root right = root();
    List<StepGroups.Candidate> steps = List.of(
        step(20, x, left), step(20, left, root()), step(20, x, right), step(20, right, root()));
    StepGroup group = only(StepGroups.of(steps, 2));
    assertThat(group.first()).isZero();
    assertThat(group.end()).isEqualTo(4);
    assertThat(group.parts()).containsExactlyInAnyOrder(new int[] {0, 1}, new int[] {2, 3});
  }

  @Test
  void branchesThatInterleaveAreTakenApart() {
    Root x = root();
    Root left = root();
    Root right = root();
    List<StepGroups.Candidate> steps = List.of(
        step(20, x, left), step(20, x, right), step(20, left, root()), step(20, right, root()));
    assertThat(only(StepGroups.of(steps, 2)).parts()).containsExactlyInAnyOrder(new int[] {0, 2}, new int[] {1, 3});
  }

  @Test
  void moreBranchesThanThreadsAreSharedOutByTime() {
    Root x = root();
    List<StepGroups.Candidate> steps = List.of(step(30, x, root()), step(20, x, root()), step(10, x, root()));
    assertThat(only(StepGroups.of(steps, 2)).parts()).containsExactlyInAnyOrder(new int[] {0}, new int[] {1, 2});
  }

  @Test
  void oneThreadHasNothingToShare() {
    Root x = root();
    assertThat(StepGroups.of(List.of(step(20, x, root()), step(20, x, root())), 1)).isEmpty();
  }

  @Test
  void stepsInARowStayInARow() {
    Root x = root();
    Root y = root();
    assertThat(StepGroups.of(List.of(step(20, root(), x), step(20, x, y), step(20, y, root())), 2)).isEmpty();
  }

  @Test
  void branchesOfUnequalLengthAreLeftToAllThreads() {
    Root x = root();
    assertThat(StepGroups.of(List.of(step(300, x, root()), step(10, x, root())), 2)).isEmpty();
  }

  @Test
  void writersOfTheSameMemoryDependOnEachOther() {
    Root x = root();
    Root y = root();
    assertThat(StepGroups.of(List.of(step(20, x, y), step(20, x, y)), 2)).isEmpty();
  }

  @Test
  void writersOfPartsOfAConcatenationDoNot() {
    Root x = root();
    Root whole = root();
    List<StepGroups.Candidate> steps = List.of(
        new StepGroups.Candidate(true, 20, List.of(read(x), new StepGroups.Access(whole, 0, 50, true))),
        new StepGroups.Candidate(true, 20, List.of(read(x), new StepGroups.Access(whole, 50, 100, true))));
    assertThat(StepGroups.of(steps, 2)).hasSize(1);
  }

  @Test
  void stepsBoundToTheCallerAreInNoGroup() {
    Root x = root();
    List<StepGroups.Candidate> steps = List.of(
        step(20, x, root()), new StepGroups.Candidate(false, 20, List.of(read(x), write(root()))), step(20, x, root()));
    assertThat(StepGroups.of(steps, 2)).isEmpty();
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void noStepDependsOnOneOfAnotherPart(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Root> values = new ArrayList<>(List.of(root()));
    List<StepGroups.Candidate> steps = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      Root from = values.get(Math.max(0, values.size() - 1 - random.nextInt(5)));
      values.add(root());
      steps.add(step(1 + random.nextInt(40), from, values.getLast()));
    }
    List<StepGroup> groups = StepGroups.of(steps, 2 + random.nextInt(3));
    assertThat(groups).isNotEmpty();
    int end = 0;
    for (StepGroup group : groups) {
      assertThat(group.first()).isGreaterThanOrEqualTo(end);
      end = group.end();
      assertThat(group.parts().stream().mapToInt(part -> part.length).sum()).isEqualTo(group.end() - group.first());
      assertPartsAreIndependent(steps, group);
    }
  }

  private static void assertPartsAreIndependent(List<StepGroups.Candidate> steps, StepGroup group) {
    for (int[] part : group.parts()) {
      assertThat(part).isSorted();
      for (int[] other : group.parts()) {
        for (int a : part) {
          for (int b : part == other ? new int[0] : other) {
            assertThat(steps.get(a).dependsOn(steps.get(b))).isFalse();
          }
        }
      }
    }
  }

  private static StepGroup only(List<StepGroup> groups) {
    assertThat(groups).hasSize(1);
    return groups.getFirst();
  }

  private static Root root() {
    return new Root(Root.Kind.WORKSPACE, 0, BYTES);
  }

  private static StepGroups.Candidate step(double micros, Root from, Root to) {
    return new StepGroups.Candidate(true, micros, List.of(read(from), write(to)));
  }

  private static StepGroups.Access read(Root root) {
    return new StepGroups.Access(root, 0, BYTES, false);
  }

  private static StepGroups.Access write(Root root) {
    return new StepGroups.Access(root, 0, BYTES, true);
  }
}

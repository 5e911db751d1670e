package dev.slipway.builder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.backend.Device;
import dev.slipway.backend.Plan;
import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;
import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TimingCacheTest {
  private static final Device HERE = new Device("cpu", 0, "this processor, threads 2", "cpu this");
  private static final Device ELSEWHERE = new Device("cpu", 0, "another processor, threads 2", "cpu another");
  private static final Plan.Choice SLOW =
      new Plan.Choice(new TacticId("conv", 3), TuningChoice.of(Map.of("pixels", 7, "blocks", 2)), 12.5);
  private static final Plan.Choice FAST = new Plan.Choice(new TacticId("winograd", 1), TuningChoice.NONE, 3.25);

  @TempDir private Path folder;
  private final List<String> notices = new ArrayList<>();

  private Path file() {
    return folder.resolve("timings.txt");
  }

  private TimingCache open(Device device) {
    return TimingCache.open(Optional.of(file()), device, notices::add);
  }

  private void save(Device device, String workload, Plan.Choice... timings) {
    TimingCache cache = open(device);
    cache.put(workload, List.of(timings));
    cache.save();
  }

  @Test
  void remembersAllCandidates() {
    save(HERE, "w", SLOW, FAST);
    assertThat(open(HERE).find("w")).containsExactly(SLOW, FAST);
    assertThat(open(HERE).find("other")).isEmpty();
    assertThat(notices).isEmpty();
  }

  @Test
  void givesTheSameTimesWhetherMeasuredOrRead() {
    TimingCache cache = open(HERE);
    cache.put("w", List.of(new Plan.Choice(FAST.tactic(), FAST.tuning(), 1 / 3.0)));
    cache.save();
    assertThat(cache.find("w")).isEqualTo(open(HERE).find("w"));
    assertThat(cache.find("w").getFirst().micros()).isEqualTo(0.333);
  }

  @Test
  void remembersWhoCouldNotBeMade() {
    Plan.Choice never = new Plan.Choice(SLOW.tactic(), SLOW.tuning(), Double.POSITIVE_INFINITY);
    save(HERE, "w", never, FAST);
    assertThat(open(HERE).find("w")).containsExactly(never, FAST);
    assertThat(notices).isEmpty();
  }

  @Test
  void keepsTheTimesOfOtherDevicesForThem() {
    save(HERE, "w", FAST);
    save(ELSEWHERE, "w", SLOW);
    assertThat(open(HERE).find("w")).containsExactly(FAST);
    assertThat(open(ELSEWHERE).find("w")).containsExactly(SLOW);
  }

  @Test
  void tellsThatACacheIsOfAnotherDevice() {
    save(ELSEWHERE, "w", SLOW);
    assertThat(open(HERE).find("w")).isEmpty();
    assertThat(notices).containsExactly(
        "timing cache " + file() + ": has no times of this processor, threads 2; measuring anew");
  }

  @Test
  void writersDoNotLoseTheTimesOfOthers() {
    TimingCache first = open(HERE);
    TimingCache second = open(HERE);
    first.put("a", List.of(SLOW));
    second.put("b", List.of(FAST));
    first.save();
    second.save();
    assertThat(open(HERE).find("a")).containsExactly(SLOW);
    assertThat(open(HERE).find("b")).containsExactly(FAST);
  }

  @Test
  void manyWritersAtOnce() {
    IntStream.range(0, 16).parallel().forEach(i -> save(HERE, "w" + i, FAST));
    TimingCache cache = open(HERE);
    assertThat(IntStream.range(0, 16).mapToObj(i -> cache.find("w" + i))).allMatch(List.of(FAST)::equals);
  }

  @Test
  void leavesNoTemporaryFiles() throws IOException {
    save(HERE, "w", FAST);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(Path::getFileName).map(Path::toString))
          .containsExactlyInAnyOrder("timings.txt", "timings.txt.lock");
    }
  }

  @Test
  void neverReplacesAFileThatIsSomethingElse() throws IOException {
    byte[] picture = {(byte) 0xff, 0, 12, (byte) 0xc3};
    Files.write(file(), picture);
    assertRefused("no UTF-8 text");
    assertThat(file()).hasBinaryContent(picture);

    Files.writeString(file(), "something else\n");
    assertRefused("no timing cache");
    assertThat(file()).hasContent("something else\n");
  }

  private void assertRefused(String reason) {
    assertThatThrownBy(() -> save(HERE, "w", FAST))
        .isInstanceOf(SlipwayException.class)
        .hasMessage("timing cache " + file() + ": " + reason + " (expected: a file that a build wrote, or none yet)");
  }

  @Test
  void replacesACacheOfAnotherVersion() throws IOException {
    Files.writeString(file(), "slipway timing cache 1\n");
    save(HERE, "w", FAST);
    assertThat(notices).containsExactly(
        "timing cache " + file() + ": not a timing cache of this version; measuring anew");
    assertThat(open(HERE).find("w")).containsExactly(FAST);
  }

  @Test
  void takesAnEmptyFileAsANewCache() throws IOException {
    Files.createFile(file());
    save(HERE, "w", FAST);
    assertThat(open(HERE).find("w")).containsExactly(FAST);
    assertThat(notices).isEmpty();
  }

  @Test
  void ignoresDamagedLines() throws IOException {
    save(HERE, "w", FAST);
    String text = Files.readString(file());
    String device = text.lines().toList().getLast().split("\t")[0];
    Files.writeString(file(), text + "half a li\n" + device + "\tv\tconv\t1\t\tNaN\n" + device + "\tv\tconv\t1\t\t-1\n"
        + device + "\tv\tconv\tone\t\t1\n" + device + "\tv\tconv\t1\tpixels\t1\n");
    TimingCache cache = open(HERE);
    assertThat(cache.find("w")).containsExactly(FAST);
    assertThat(cache.find("v")).isEmpty();
    assertThat(notices).containsExactly("timing cache " + file() + ": 5 unreadable lines ignored");
  }

  @Test
  void aFolderThatIsMissingIsTheUsersError() {
    TimingCache cache = TimingCache.open(Optional.of(folder.resolve("no/t.txt")), HERE, notices::add);
    cache.put("w", List.of(FAST));
    assertThatThrownBy(cache::save)
        .isInstanceOf(SlipwayException.class)
        .hasMessageContaining("(expected: a path in a folder that exists and is writable)");
  }

  @Test
  void withoutAFileItRemembersForOneBuild() {
    TimingCache cache = TimingCache.open(Optional.empty(), HERE, notices::add);
    cache.put("w", List.of(FAST));
    cache.save();
    assertThat(cache.find("w")).containsExactly(FAST);
  }
}

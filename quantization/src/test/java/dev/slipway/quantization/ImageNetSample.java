package dev.slipway.quantization;

import dev.slipway.tensor.Tensor;
import dev.slipway.vision.Classification;
import dev.slipway.vision.ImageFile;
import dev.slipway.vision.Preprocessing;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.IntPredicate;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Some photographs of {@code imagenet_sample_800.zip}, one for each of some classes, as the input of a network. */
record ImageNetSample(String input, Preprocessing preprocessing, IntPredicate classes) implements CalibrationData {

  /** Those to calibrate on. */
  static ImageNetSample calibration(String input, Preprocessing preprocessing) {
    return new ImageNetSample(input, preprocessing, label -> label % 10 == 0);
  }

  @Override
  public OptionalLong count() {
    return OptionalLong.of(entries().size());
  }

  @Override
  public Iterator<Map<String, Tensor>> iterator() {
    return entries().stream().map(this::sample).iterator();
  }

  /** Share of the photographs whose class gets the highest score. */
  double top1(GraphExecution model) {
    int right = 0;
    List<String> entries = entries();
    for (String entry : entries) {
      Tensor scores = model.run(sample(entry)).values().iterator().next();
      right += Classification.top(scores.toFloats(), 1).getFirst().label() == label(entry) ? 1 : 0;
    }
    return (double) right / entries.size();
  }

  private static int label(String entry) {
    return Integer.parseInt(entry.substring(entry.indexOf('/') + 1, entry.indexOf('_')));
  }

  private List<String> entries() {
    try (ZipFile zip = open()) {
      return zip.stream()
          .map(ZipEntry::getName)
          .filter(name -> name.endsWith(".jpg") && classes.test(label(name)))
          .sorted(Comparator.naturalOrder())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Map<String, Tensor> sample(String entry) {
    try (ZipFile zip = open(); InputStream in = zip.getInputStream(zip.getEntry(entry))) {
      return Map.of(input, preprocessing.apply(ImageFile.decode(in.readAllBytes(), entry)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ZipFile open() throws IOException {
    return new ZipFile(SharedData.file("data/imagenet_sample_800.zip").toFile());
  }
}

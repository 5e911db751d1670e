package dev.slipway.evaluation;

import static org.assertj.core.api.Assertions.fail;

import dev.slipway.tensor.SlipwayException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files with bytes changed, lost and added are read, or refused by a {@link SlipwayException}. */
class BrokenInputTest {
  private static final int TRIES = 100;
  private static final long SEED = Long.getLong("slipway.seed", 1);

  @TempDir private Path folder;

  private interface Reader {
    void read(Path file);
  }

  private void damage(String name, byte[] good, Reader reader) throws IOException {
    Random random = new Random(SEED);
    Path file = folder.resolve(name);
    for (int i = 0; i < TRIES; i++) {
      byte[] bytes = damaged(good, random);
      Files.write(file, bytes);
      try {
        reader.read(file);
      } catch (SlipwayException e) {
        // refused, as it should be
      } catch (RuntimeException | StackOverflowError e) {
        fail("try " + i + " of seed " + SEED + ": " + new String(bytes, StandardCharsets.ISO_8859_1), e);
      }
    }
  }

  private static byte[] damaged(byte[] good, Random random) {
    byte[] bytes = good.clone();
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      bytes[random.nextInt(bytes.length)] =
          random.nextBoolean() ? (byte) random.nextInt(256) : good[random.nextInt(good.length)];
    }
    int start = random.nextInt(4) == 0 ? random.nextInt(bytes.length) : 0;
    int end = random.nextInt(4) == 0 ? start + random.nextInt(bytes.length - start) : bytes.length;
    return Arrays.copyOfRange(bytes, start, end);
  }

  private static void readAll(DatasetFormat format, DatasetSource source) {
    try (Dataset dataset = format.open(source)) {
      for (int i = 0; i < Math.min(dataset.size(), 5); i++) {
        dataset.item(i);
      }
    }
  }

  private void damage(String name, String good, Reader reader) throws IOException {
    damage(name, good.getBytes(StandardCharsets.UTF_8), reader);
  }

  @Test
  void processings() throws IOException {
    for (String sample : List.of("retinaface_m025", "mobilenet_v2_1.0_wq8", "all-minilm-l6-v2")) {
      damage("model.yaml", Files.readAllBytes(ProcessingTest.SAMPLES.resolve(sample + ".yaml")), Processing::read);
    }
  }

  @Test
  void tables() throws IOException {
    damage("pairs.csv", "a,\"b, c\",1.5\nd,e,2\n",
        file -> readAll(new TextPairFormat(), DatasetSource.of(file)));
    damage("tokens.csv", "row,gold,ids_a,ids_b\n0,2.5,101 102,101 7 102\n",
        file -> readAll(new TextPairFormat(), DatasetSource.of(file)));
    damage("boxes.csv", "file,class,score,x1,y1,x2,y2\n1.png,3,0.5,1,2,3,4\n",
        file -> PictureLabels.of(CsvTable.withHeader(file.toString(), latin(file))));
  }

  private static String latin(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void filesOfRecords() throws IOException {
    byte[] idx = ByteBuffer.allocate(16 + 2 * 3 * 4).putInt(0x803).putInt(2).putInt(3).putInt(4).array();
    damage("images", idx, file -> readAll(new IdxFormat(), DatasetSource.of(file)));
    damage("cifar.bin", new byte[2 * 3073], file -> readAll(new CifarFormat(), DatasetSource.of(file)));
  }

  @Test
  void annotations() throws IOException {
    damage("coco.json", """
        {"images": [{"id": 9, "file_name": "1.png"}],
         "annotations": [{"image_id": 9, "category_id": 4, "bbox": [1, 2, 3.5, 4], "area": 6, "iscrowd": 0}],
         "categories": [{"id": 4, "name": "bottle"}]}
        """, file -> CocoAnnotations.read(file.toString(), latin(file).getBytes(StandardCharsets.ISO_8859_1)));
  }

  @Test
  void linesOfText() throws IOException {
    damage("labels.txt", """
        1.png\t[{"transcription": "a", "points": [[1, 2], [7, 2], [7, 5.0], [1, 5]], "difficult": false}]
        """, file -> OcrLabels.read(file.toString(), latin(file)));
  }

  @Test
  void vocabularies() throws IOException {
    damage("tokenizer.json", """
        {"model": {"type": "WordPiece", "vocab": {"[UNK]": 0, "[CLS]": 4, "[SEP]": 5, "un": 7}}}
        """, file -> WordPiece.read(file, 8).tokens("un"));
  }
}

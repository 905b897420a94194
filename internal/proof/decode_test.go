package proof

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestKilledDecode: a process that is killed while it decodes leaves what it has decoded; the next
// one goes on from there, also when it is killed in turn, to the same bytes. There are as many
// images as the time that two kills need, however fast the machine.
func TestKilledDecode(t *testing.T) {
	home := t.TempDir()
	images := filepath.Join(home, "slow")
	slow(t, images)
	killed, quiet := filepath.Join(home, "killed"), filepath.Join(home, "quiet")
	decode := func(cache string) []string {
		return append(sets(
			"data.path="+images, "data.cache_dir="+cache, "data.image_size=28", "threads=1",
		), "pretrain", "-q", "--dry-run")
	}
	count := 150
	for more(t, images, count); !killTwice(t, home, decode(killed), killed); more(t, images, count) {
		if count *= 2; count > 40000 {
			t.Fatalf("half as many images as %d are decoded before a kill", count)
		}
		if err := os.RemoveAll(killed); err != nil {
			t.Fatal(err)
		}
	}
	must(t, home, decode(killed)...)
	if left, _ := os.ReadDir(killed); len(left) != 1 {
		t.Errorf("left %v", left)
	}
	must(t, home, decode(quiet)...)
	if !bytes.Equal(pack(t, killed), pack(t, quiet)) {
		t.Error("other bytes than without kills")
	}
	t.Logf("%d images", count)
}

// killTwice kills a process that decodes once its journal has grown, and the next one too; false
// where one ended before.
func killTwice(t *testing.T, home string, decode []string, cache string) bool {
	t.Helper()
	before := int64(0)
	for kill := range 2 {
		end, p := start(t, home, decode...)
		size := int64(0)
		grown, end := until(end, func() bool {
			size = journal(cache)
			return size >= before+1000
		})
		if grown {
			_ = p.Kill() // which finds it or doesn't
		}
		o := end()
		if o.code == 0 {
			return false
		}
		if o.code > 0 {
			t.Fatalf("kill %d: exit %d: %s", kill, o.code, o.stderr)
		}
		if before = journal(cache); before < size {
			t.Errorf("kill %d: a journal of %d bytes, which had %d", kill, before, size)
		}
	}
	return true
}

// journal is how long the one of an unfinished decode is.
func journal(cache string) int64 {
	names, _ := filepath.Glob(filepath.Join(cache, "*.journal"))
	if len(names) == 0 {
		return 0
	}
	info, err := os.Stat(names[0])
	if err != nil {
		return 0
	}
	return info.Size()
}

// pack is the one packed file.
func pack(t *testing.T, cache string) []byte {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(cache, "*.pack"))
	if len(names) != 1 {
		t.Fatalf("packs %q", names)
	}
	data, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// slow makes a folder of an image that takes a while to decode.
func slow(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	img := image.NewNRGBA(image.Rect(0, 0, 1000, 1000))
	random := rand.New(rand.NewPCG(1, 1))
	for i := range img.Pix {
		img.Pix[i] = byte(random.Uint32())
	}
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "0000.png"), file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// more gives the first image of a folder further names, until there are count.
func more(t *testing.T, dir string, count int) {
	t.Helper()
	have, err := os.ReadDir(dir)
	for i := len(have); err == nil && i < count; i++ {
		err = os.Link(
			filepath.Join(dir, have[0].Name()), filepath.Join(dir, fmt.Sprintf("%04d.png", i)),
		)
	}
	if err != nil {
		t.Fatal(err)
	}
}

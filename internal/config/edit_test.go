package config

import "testing"

// TestEdit: settings change or are added, comments stay.
func TestEdit(t *testing.T) {
	text := "# mine\nseed: 3 # lucky\n# views\naugment:\n  mean: [1, 2, 3] # old\n"
	got, err := Edit("f", []byte(text), "augment.mean=[.5]", "data.channels=1")
	want := "# mine\nseed: 3 # lucky\n# views\naugment:\n  mean: [.5] # old\ndata:\n  channels: 1\n"
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
	got, err = Edit("f", nil, "augment.std=[1]")
	if err != nil || string(got) != "augment:\n  std: [1]\n" {
		t.Errorf("a new file: %q, %v", got, err)
	}
	if _, err := Edit("f", []byte("- 1\n"), "seed=1"); err == nil {
		t.Error("a list was taken")
	}
}

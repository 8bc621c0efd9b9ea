// Package certificates makes the key pairs of one throw-away cluster.
package certificates

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const validity = 10 * 365 * 24 * time.Hour

// Request names one certificate; it is written as NAME.crt and NAME.key. One without an Issuer is an
// authority that signs itself, and must come before those that it issues.
type Request struct {
	Name          string   `json:"name"`
	Issuer        string   `json:"issuer,omitempty"`
	CommonName    string   `json:"commonName"`
	Organizations []string `json:"organizations,omitempty"`
	// Hosts are the addresses and DNS names a server certificate stands for.
	Hosts []string `json:"hosts,omitempty"`
}

type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// Make reads a JSON list of requests and writes the files into dir, and with them the key pair that
// signs ServiceAccount tokens (sa.key, sa.pub; RSA, as most clusters have).
func Make(dir string, input io.Reader) error {
	var requests []Request
	if err := json.NewDecoder(input).Decode(&requests); err != nil {
		return err
	}
	authorities := map[string]*authority{}
	for i, request := range requests {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return err
		}
		template := request.template(int64(i + 1))
		issuer := authorities[request.Issuer]
		if issuer == nil {
			issuer = &authority{template, key}
		}
		der, err := x509.CreateCertificate(rand.Reader, template, issuer.certificate, key.Public(), issuer.key)
		if err != nil {
			return err
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return err
		}
		authorities[request.Name] = &authority{certificate, key}
		if err := write(filepath.Join(dir, request.Name+".crt"), "CERTIFICATE", der); err != nil {
			return err
		}
		if err := writeKey(filepath.Join(dir, request.Name+".key"), key); err != nil {
			return err
		}
	}
	return serviceAccountKey(dir)
}

func (r *Request) template(serial int64) *x509.Certificate {
	t := &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{CommonName: r.CommonName, Organization: r.Organizations},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(validity),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	if r.Issuer == "" {
		t.IsCA, t.BasicConstraintsValid = true, true
		t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
		t.ExtKeyUsage = nil
	}
	for _, host := range r.Hosts {
		if ip := net.ParseIP(host); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, host)
		}
	}
	return t
}

func serviceAccountKey(dir string) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	if err := write(filepath.Join(dir, "sa.pub"), "PUBLIC KEY", public); err != nil {
		return err
	}
	return writeKey(filepath.Join(dir, "sa.key"), key)
}

func writeKey(path string, key crypto.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return write(path, "PRIVATE KEY", der)
}

func write(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
